package litellm

import (
	"fmt"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// planter makes the tree of nodes out of the parser's, with anchors, aliases,
// merge keys and tags put in their places.
type planter struct {
	*findings

	anchors  map[string]*node
	expanded int // nodes that aliases stand for
}

// node makes the node of a parser's node.
func (p *planter) node(n ast.Node, depth int) *node {
	if depth > maxDepth {
		p.mistake(tokenPlace(n.GetToken()), fmt.Sprintf("more than %d levels", maxDepth), "check the indentation")
		return &node{at: tokenPlace(n.GetToken()), size: 1}
	}
	switch n := n.(type) {
	case *ast.MappingNode:
		return p.mapping(n, n.Values, depth)
	case *ast.MappingValueNode:
		return p.mapping(n, []*ast.MappingValueNode{n}, depth)
	case *ast.SequenceNode:
		return p.list(n, depth)
	case *ast.AnchorNode:
		return p.anchor(n, depth)
	case *ast.AliasNode:
		return p.alias(n)
	case *ast.TagNode:
		return p.tag(n, depth)
	default:
		return p.leaf(n)
	}
}

// leaf makes the node of a single value.
func (p *planter) leaf(n ast.Node) *node {
	if n == nil {
		return &node{size: 1}
	}
	leaf := &node{at: tokenPlace(n.GetToken()), size: 1}
	if t := n.GetToken(); t != nil {
		leaf.text = t.Value
	}
	switch n := n.(type) {
	case *ast.StringNode:
		leaf.shape, leaf.text, leaf.value = isText, n.Value, n.Value
	case *ast.LiteralNode:
		leaf.shape, leaf.text, leaf.value = isText, n.Value.Value, n.Value.Value
	case *ast.IntegerNode:
		leaf.shape, leaf.value = isNumber, n.Value
	case *ast.FloatNode:
		leaf.shape, leaf.value = isNumber, n.Value
	case *ast.BoolNode:
		leaf.shape, leaf.value = isBool, n.Value
	case *ast.InfinityNode, *ast.NanNode: // no setting can be either: texts, so that they are refused as such
		leaf.shape, leaf.value = isText, leaf.text
	}
	return leaf
}

func (p *planter) list(n *ast.SequenceNode, depth int) *node {
	list := &node{shape: isList, at: tokenPlace(n.GetToken()), size: 1}
	for _, value := range n.Values {
		item := p.node(value, depth+1)
		list.items = append(list.items, item)
		list.size += item.size
	}
	return list
}

// mapping makes the node of a mapping. Keys that are written in it win over
// those that << brings in.
func (p *planter) mapping(n ast.Node, values []*ast.MappingValueNode, depth int) *node {
	m := &node{shape: isMap, at: tokenPlace(n.GetToken()), size: 1}
	if len(values) > 0 {
		m.at = tokenPlace(values[0].Key.GetToken()) // its own token is a colon
	}
	first := map[string]int{}
	var merged []*node
	for _, v := range values {
		value := p.node(v.Value, depth+1)
		m.size += value.size
		key, ok := p.key(v.Key)
		switch line := first[key.key]; {
		case !ok:
		case key.key == "<<":
			merged = append(merged, value)
		case line > 0:
			p.mistake(key.at, fmt.Sprintf("%s is there twice, first in line %d", named(key.key), line), "remove one of them")
		default:
			first[key.key] = key.at.line
			key.value = value
			m.fields = append(m.fields, key)
		}
	}
	for _, from := range merged {
		p.merge(m, from, first)
	}
	return m
}

// key reads a mapping's key.
func (p *planter) key(n ast.MapKeyNode) (field, bool) {
	f := field{at: tokenPlace(n.GetToken())}
	switch k := n.(type) {
	case *ast.StringNode:
		f.key = k.Value
	case *ast.MergeKeyNode:
		f.key = "<<"
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.NullNode:
		f.key = n.GetToken().Value
	default:
		p.mistake(f.at, "a key must be a name", "write name: value")
		return f, false
	}
	return f, true
}

// merge brings the fields of a mapping, or of several, into another.
func (p *planter) merge(into, from *node, first map[string]int) {
	if from.shape == isList {
		for _, item := range from.items {
			if item.shape != isMap {
				p.mistake(item.at, "<< must name mappings", "write <<: *name of an anchored mapping")
				continue
			}
			p.merge(into, item, first)
		}
		return
	}
	if from.shape != isMap {
		p.mistake(from.at, "<< must name a mapping", "write <<: *name of an anchored mapping")
		return
	}
	for _, f := range from.fields {
		if _, there := first[f.key]; !there {
			first[f.key] = f.at.line
			into.fields = append(into.fields, f)
		}
	}
}

func (p *planter) anchor(n *ast.AnchorNode, depth int) *node {
	if n.Value == nil {
		return p.leaf(nil)
	}
	value := p.node(n.Value, depth+1)
	if n.Name != nil {
		p.anchors[n.Name.GetToken().Value] = value
	}
	return value
}

func (p *planter) alias(n *ast.AliasNode) *node {
	at := tokenPlace(n.GetToken())
	empty := &node{at: at, size: 1}
	if n.Value == nil {
		return empty
	}
	name := n.Value.GetToken().Value
	target, ok := p.anchors[name]
	if !ok {
		p.mistake(at, "no anchor &"+named(name)+" comes before this", "write &"+named(name)+" where the value is written out")
		return empty
	}
	if p.expanded > maxExpanded {
		return empty
	}
	if p.expanded += target.size; p.expanded > maxExpanded {
		p.mistake(at, fmt.Sprintf("the aliases (*) stand for more than %d values", maxExpanded), "write fewer of them")
		return empty
	}
	return target
}

// tag obeys the tags that YAML itself has, as far as they change anything.
func (p *planter) tag(n *ast.TagNode, depth int) *node {
	at, name := tokenPlace(n.GetToken()), strings.TrimSpace(n.Start.Value)
	if n.Value == nil || n.Value.Type() == ast.NullType && n.Value.GetToken().Type == token.ImplicitNullType {
		return &node{at: at, size: 1}
	}
	value := p.node(n.Value, depth+1)
	switch name {
	case "!!str":
		if value.scalar() {
			return &node{shape: isText, at: value.at, text: value.text, value: value.text, size: 1}
		}
	case "!!int", "!!float", "!!bool", "!!null", "!!map", "!!seq":
	default:
		p.mistake(at, "the tag "+named(name)+" is not known", "remove it")
	}
	return value
}
