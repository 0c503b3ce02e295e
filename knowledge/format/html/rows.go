package html

import (
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// headers makes the first row of each table its header, but for tables whose
// rows are called by their first cells and whose columns have no names: their
// first row is one like the others.
func headers(root *html.Node) {
	for n := range root.Descendants() {
		if n.DataAtom != atom.Table {
			continue
		}
		rows, named := rowsOf(n), true
		for _, row := range rows {
			named = named && namedRow(row)
		}
		switch {
		case len(rows) == 0:
		case named:
			for _, row := range rows {
				retag(row, atom.Td)
			}
		default:
			retag(rows[0], atom.Th)
		}
	}
}

// rowsOf are the rows of a table that show something.
func rowsOf(table *html.Node) []*html.Node {
	var out []*html.Node
	for n := range table.Descendants() {
		if n.DataAtom == atom.Tr && (words(n) != "" || first(n, isShown) != nil) {
			out = append(out, n)
		}
	}
	return out
}

// isShown holds for an image that says what it shows.
func isShown(n *html.Node) bool { return n.DataAtom == atom.Img && attr(n, "alt") != "" }

// namedRow reports whether the first cell of a row is a header and no other is.
func namedRow(tr *html.Node) bool {
	cells := 0
	for c := range tr.ChildNodes() {
		if c.DataAtom != atom.Th && c.DataAtom != atom.Td {
			continue
		}
		if (c.DataAtom == atom.Th) != (cells == 0) {
			return false
		}
		cells++
	}
	return cells > 1
}

// retag makes all cells of a row headers, or none.
func retag(tr *html.Node, as atom.Atom) {
	for c := range tr.ChildNodes() {
		if c.DataAtom == atom.Th || c.DataAtom == atom.Td {
			c.DataAtom, c.Data = as, as.String()
		}
	}
}
