package markdown

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestClean(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, in, want string }{
		{"plain", "plain\ttext\n", "plain\ttext\n"},
		{"Chinese and emoji", "劳动法 👨‍👩‍👧 🇨🇳 é", "劳动法 👨‍👩‍👧 🇨🇳 é"},
		{"flag of England", "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"},
		{"hidden tags", "a\U000e0041\U000e0042b", "ab"},
		{"line breaks", "a\r\nb\rc\u2028d\u2029e\u0085f\vg", "a\nb\nc\nd\ne\nf\ng"},
		{"colour", "a\x1b[31;1mred\x1b[0m", "ared"},
		{"8-bit CSI", "a\u009b2Jb", "ab"},
		{"title", "a\x1b]0;title\x07b", "ab"},
		{"terminal link", "\x1b]8;;http://x\x1b\\text\x1b]8;;\x1b\\", "text"},
		{"unclosed string", "a\x1b]0;title", "a]0;title"},
		{"lone escape", "a\x1b", "a"},
		{"other escape", "a\x1bcb", "acb"},
		{"controls", "a\x00b\x08c\x7fd", "abcd"},
		{"direction override", "a\u202eb\u2066c", "abc"},
		{"zero width", "@\u200beve\u2060ryone\ufeff", "@everyone"},
		{"not UTF-8", "a\xffb", "a\ufffdb"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := Clean(tt.in); got != tt.want {
				t.Errorf("Clean(%q) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

func FuzzClean(f *testing.F) {
	f.Add("a\x1b[0m\u202e\u2028")
	f.Fuzz(func(t *testing.T, s string) {
		got := Clean(s)
		if !utf8.ValidString(got) {
			t.Errorf("Clean(%q) is not UTF-8", s)
		}
		if i := strings.IndexFunc(got, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }); i >= 0 {
			t.Errorf("Clean(%q) = %q keeps a control character", s, got)
		}
		if again := Clean(got); again != got {
			t.Errorf("Clean(%q) = %q, cleaned again %q", s, got, again)
		}
	})
}

func TestOneLine(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in    string
		limit int
		want  string
	}{
		{"  two\nlines\u2028three ", 50, "two lines three"},
		{"exactly", 7, "exactly"},
		{"too long by far", 9, "too long…"},
		{"劳动合同法", 4, "劳动合…"},
		{"ab👨‍👩‍👧cd", 5, "ab…"},
		{"", 5, ""},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			t.Parallel()
			if got := OneLine(tt.in, tt.limit); got != tt.want {
				t.Errorf("OneLine(%q, %d) = %q, want %q", tt.in, tt.limit, got, tt.want)
			}
		})
	}
}

func TestDefuse(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, in, want string }{
		{"nothing", "plain: a<b, 3 < 4", "plain: a<b, 3 < 4"},
		{"everyone", "@everyone", "@|everyone"},
		{"here", "hey @here!", "hey @|here!"},
		{"glued to a word", "a@everyone b@HERE", "a@|everyone b@|HERE"},
		{"full width", "＠everyone ﹫here", "＠|everyone ﹫|here"},
		{"Slack channel", "<!channel>", "<|!channel>"},
		{"Slack user", "<@U1>", "<|@|U1>"},
		{"Discord role", "<@&1>", "<|@|&1>"},
		{"Discord nickname", "<@!1>", "<|@|!1>"},
		{"channel", "<#C1>", "<|#C1>"},
		{"emoji", "<:smile:1> <a:x:2>", "<|:smile:1> <|a:x:2>"},
		{"time and command", "<t:1> </ask:1>", "<|t:1> <|/ask:1>"},
		{"name", "@某人 (@bob)", "@|某人 (@|bob)"},
		{"address of mail", "bob@law.example", "bob@law.example"},
		{"web address", "http://a HTTPS://b ftp://c", "http:|//a HTTPS:|//b ftp://c"},
		{"end", "@", "@"},
		{"less at the end", "<", "<"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := strings.ReplaceAll(Defuse(tt.in), zeroWidth, "|")
			if got != tt.want {
				t.Errorf("Defuse(%q) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

func TestWidth(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]int{"": 0, "abc": 3, "劳动": 4, "é": 1, "👨‍👩‍👧": 2, "ａ": 2} {
		if got := Width(s); got != want {
			t.Errorf("Width(%q) = %d, want %d", s, got, want)
		}
	}
}

func TestUTF16(t *testing.T) {
	t.Parallel()
	if got := UTF16("a劳😀"); got != 4 {
		t.Errorf("got %d, want 4", got)
	}
}

// TestUndefusedAfterParse: nothing that is written to a chat can ping, however
// it is hidden in Markdown.
func TestUndefusedAfterParse(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"@everyone", "**@**everyone", "@\u200beveryone", "@\\everyone", "&#64;everyone", "@&#x200b;everyone",
		"<!channel>", "&lt;!channel&gt;", "\\<!channel>", "[@everyone](https://a.example)", "# @here",
		"| @here |\n|---|\n| <@U1> |", "@\neveryone", "*@*here", "`@here`", "``` <!channel> ```", "```\n@everyone\n```", "<br>@here", "<@U1|x>", "[<@U1>](javascript:x)",
	} {
		t.Run(s, func(t *testing.T) {
			t.Parallel()
			got := strings.Join(Split(Render(Parse(s), CommonMark{}), Limit{Max: 2000}), "\n")
			for _, bad := range []string{"@everyone", "@here", "<!channel>", "<@U1"} {
				if strings.Contains(got, bad) {
					t.Errorf("%q is shown as %q", s, got)
				}
			}
		})
	}
}

func TestDefuseCode(t *testing.T) {
	t.Parallel()
	tests := []struct{ in, want string }{
		{"@Override void f()", "@Override void f()"},
		{"git@github.com:a/b <!DOCTYPE html> a < b <!-- x -->", "git@github.com:a/b <!DOCTYPE html> a < b <!-- x -->"},
		{"@everyone a@HERE @channel", "@|everyone a@|HERE @|channel"},
		{"<!channel> <!here|x> <!subteam^S1>", "<|!channel> <|!here|x> <|!subteam^S1>"},
		{"<@U1> <@&1> <#C1> 劳<@1>", "<|@|U1> <|@|&1> <|#C1> 劳<|@|1>"},
		{"<", "<"},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			t.Parallel()
			if got := strings.ReplaceAll(DefuseCode(tt.in), zeroWidth, "|"); got != tt.want {
				t.Errorf("DefuseCode(%q) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}
