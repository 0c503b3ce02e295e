package litellm

// place is where something is in the file, from 1.
type place struct{ line, column int }

// shape is what a node is.
type shape int

const (
	isNull shape = iota
	isText
	isBool
	isNumber
	isList
	isMap
)

// String names a shape for people.
func (s shape) String() string {
	return [...]string{"empty", "a text", "true or false", "a number", "a list", "a mapping"}[s]
}

// node is a value of the file. Aliases share the node that they stand for, so a
// node must not be changed once it is made.
type node struct {
	shape  shape
	at     place
	text   string // of a scalar, as it is written, without quotes
	value  any    // of a scalar: string, bool, int64, uint64 or float64
	fields []field
	items  []*node
	size   int // nodes below it and itself, aliases written out
}

// field is one entry of a mapping.
type field struct {
	key   string
	at    place // of the key
	value *node
	path  string // for messages: router_settings.timeout; set by the reader of the mapping
}

// get returns the value of a mapping's key; nil where there is none.
func (n *node) get(key string) *node {
	for _, f := range n.fields {
		if f.key == key {
			return f.value
		}
	}
	return nil
}

// scalar tells whether it is a single value.
func (n *node) scalar() bool { return n.shape == isText || n.shape == isBool || n.shape == isNumber }
