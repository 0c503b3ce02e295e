package rank

// Feature is a part of the order that can be left out, so that what it is
// worth can be measured. docs/retrieval.md says why each is there.
type Feature string

// The features, in the order in which they come into play.
const (
	Fillers     Feature = "fillers"     // phrases that say nothing are taken out of a question
	Synonyms    Feature = "synonyms"    // words of rules for everyday words
	Substitutes Feature = "substitutes" // they count more where no document has the everyday word
	Repeats     Feature = "repeats"     // a word that a question says twice counts more
	Characters  Feature = "characters"  // single Chinese characters beside pairs
	Headings    Feature = "headings"    // titles and sections count, not texts alone
	Lengths     Feature = "lengths"     // a word counts less in a long passage
	Neighbours  Feature = "neighbours"  // words that stand together as in the question
	Documents   Feature = "documents"   // a share of what the whole document has
	Folders     Feature = "folders"     // a share of what the documents beside it have
	Authority   Feature = "authority"   // a code before a law, a law before the rules of an office
	References  Feature = "references"  // what the question names exactly comes first
	Languages   Feature = "languages"   // passages in the question's language before others
)

// Features are all features.
func Features() []Feature {
	return []Feature{
		Fillers, Synonyms, Substitutes, Repeats, Characters, Headings, Lengths,
		Neighbours, Documents, Folders, Authority, References, Languages,
	}
}

// without are the weights with some features left out.
func (w weights) without(out []Feature) weights {
	for _, f := range out {
		switch f {
		case Fillers:
			w.fillers = false
		case Synonyms:
			w.synonym = 0
		case Substitutes:
			w.substitutes = false
		case Repeats:
			w.again = 0
		case Characters:
			w.gram = 0
		case Headings:
			w.field[inTitle], w.field[inSection] = 0, 0
		case Lengths:
			w.b = [fields]float64{}
		case Neighbours:
			w.near = 0
		case Documents:
			w.document = 0
		case Folders:
			w.folder = 0
		case Authority:
			w.title = 0
		case References:
			w.exact = 0
		case Languages:
			w.foreign = 1
		}
	}
	return w
}
