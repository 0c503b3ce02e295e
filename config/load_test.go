package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// folder makes a working directory with files in it.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// load reads settings from an environment of its own.
func load(t *testing.T, files map[string]string, environ ...string) (*Config, error) {
	t.Helper()
	return Load(Options{Dir: folder(t, files), Environ: append([]string{}, environ...)})
}

// mustLoad reads settings that have no mistakes.
func mustLoad(t *testing.T, files map[string]string, environ ...string) *Config {
	t.Helper()
	c, err := load(t, files, environ...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestLoadDefaults(t *testing.T) {
	t.Parallel()
	c := mustLoad(t, nil)
	want := Server{
		DataDir: c.Server.DataDir, Addr: "127.0.0.1:4000", LogLevel: LogLevel(slog.LevelInfo),
		Grace: Duration(30 * time.Second), Retention: Duration(90 * 24 * time.Hour),
	}
	if diff := cmp.Diff(want, c.Server); diff != "" {
		t.Error(diff)
	}
	if filepath.Base(c.Server.DataDir) != "data" {
		t.Errorf("data directory %s, want ./data in the working directory", c.Server.DataDir)
	}
	if c.Models.Mode != ModeAuto || c.NATS.Replicas != 1 || c.Discord.APIURL != "https://discord.com/api/" || c.Slack.APIURL != "https://slack.com/api/" {
		t.Errorf("defaults: mode %q, replicas %d, APIs %v %v", c.Models.Mode, c.NATS.Replicas, c.Discord.APIURL, c.Slack.APIURL)
	}
	if len(c.Warnings) > 0 {
		t.Errorf("warnings without any setting: %v", c.Warnings)
	}
}

// TestLoadNames holds the names of docs: exactly those, whatever envconfig's own
// idea of a name is.
func TestLoadNames(t *testing.T) {
	t.Parallel()
	c := mustLoad(t, map[string]string{"ca.pem": "x"},
		"TRIBUNE_DATA_DIR=/srv/tribune", "TRIBUNE_HTTP_ADDR=:8080", "TRIBUNE_PUBLIC_URL=https://bot.example.org",
		"TRIBUNE_LOG_LEVEL=DEBUG", "TRIBUNE_LOG_FORMAT=json", "TRIBUNE_GRACE=1m", "TRIBUNE_RETENTION=1d12h",
		"LLM_MODE=DeepSeek", "LITELLM_MODEL=deepseek/deepseek-chat", "LITELLM_API_BASE=http://proxy:4000", "LITELLM_API_KEY=proxykey",
		"LITELLM_MASTER_KEY=sk-0123456789abcdef", "DEEPSEEK_API_KEY=dskey", "OPENAI_API_KEY=oakey", "ANTHROPIC_API_KEY=ankey",
		"GEMINI_API_KEY=gekey", "DASHSCOPE_API_KEY=qwkey", "ZHIPUAI_API_KEY=zpkey",
		"EMBEDDING_MODEL=bge-m3", "EMBEDDING_API_BASE=http://embed:9000/v1", "EMBEDDING_API_KEY=emkey", "EMBEDDING_DIMENSIONS=1024",
		"SLACK_BOT_TOKEN=xoxb-1", "SLACK_APP_TOKEN=xapp-1", "SLACK_SIGNING_SECRET=sign", "SLACK_CLIENT_ID=1.2", "SLACK_CLIENT_SECRET=cs", "SLACK_API_URL=http://127.0.0.1:1/api/",
		"DISCORD_TOKEN=dt", "DISCORD_APPLICATION_ID=123", "DISCORD_PUBLIC_KEY="+strings.Repeat("ab", 32), "DISCORD_GUILD_ID=456", "DISCORD_API_URL=http://127.0.0.1:2/api/",
		"NATS_URL=nats://n1:4222,nats://n2:4222", "NATS_USER=u", "NATS_PASSWORD=pw", "NATS_CA=ca.pem", "NATS_REPLICAS=3",
		"WEAVIATE_URL=http://weaviate:8080", "WEAVIATE_API_KEY=wk", "DATABASE_URL=postgresql://u:p@db/t?sslmode=disable",
		"LANGFUSE_PUBLIC_KEY=lp", "LANGFUSE_SECRET_KEY=ls", "LANGFUSE_HOST=https://lf.example", "SUPABASE_URL=https://sb.example", "SUPABASE_KEY=sk", "OTEL_EXPORTER_OTLP_ENDPOINT=http://otel:4318",
	)
	want := Config{
		Server: Server{
			DataDir: "/srv/tribune", Addr: ":8080", PublicURL: "https://bot.example.org", LogLevel: LogLevel(slog.LevelDebug), LogFormat: FormatJSON,
			Grace: Duration(time.Minute), Retention: Duration(36 * time.Hour),
		},
		Models:    Models{Mode: "deepseek", Model: "deepseek/deepseek-chat", APIBase: "http://proxy:4000", APIKey: "proxykey", MasterKey: "sk-0123456789abcdef"},
		Providers: Providers{OpenAI: "oakey", Anthropic: "ankey", Gemini: "gekey", DashScope: "qwkey", Zhipu: "zpkey", DeepSeek: "dskey"},
		Embedding: Embedding{Model: "bge-m3", APIBase: "http://embed:9000/v1", APIKey: "emkey", Dimensions: 1024},
		Slack:     Slack{BotToken: "xoxb-1", AppToken: "xapp-1", SigningSecret: "sign", ClientID: "1.2", ClientSecret: "cs", APIURL: "http://127.0.0.1:1/api/"},
		Discord:   Discord{Token: "dt", ApplicationID: "123", PublicKey: strings.Repeat("ab", 32), GuildID: "456", APIURL: "http://127.0.0.1:2/api/"},
		NATS:      NATS{URL: "nats://n1:4222,nats://n2:4222", User: "u", Password: "pw", CA: c.NATS.CA, Replicas: 3},
		Weaviate:  Weaviate{URL: "http://weaviate:8080", APIKey: "wk"},
		Ledger:    Ledger{DatabaseURL: "postgresql://u:p@db/t?sslmode=disable"},
		Reports: Reports{
			LangfusePublicKey: "lp", LangfuseSecretKey: "ls", LangfuseHost: "https://lf.example",
			SupabaseURL: "https://sb.example", SupabaseKey: "sk", OTLPEndpoint: "http://otel:4318",
		},
	}
	for _, section := range [][2]any{
		{want.Server, c.Server},
		{want.Models, c.Models},
		{want.Providers, c.Providers},
		{want.Embedding, c.Embedding},
		{want.Slack, c.Slack},
		{want.Discord, c.Discord},
		{want.NATS, c.NATS},
		{want.Weaviate, c.Weaviate},
		{want.Ledger, c.Ledger},
		{want.Reports, c.Reports},
	} {
		if section[0] != section[1] {
			t.Errorf("got %+v, want %+v", section[1], section[0])
		}
	}
	if !filepath.IsAbs(c.NATS.CA) {
		t.Errorf("NATS_CA is %s, want it found in the working directory", c.NATS.CA)
	}
}

func TestLoadPrecedence(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{".env": "\ufeffTRIBUNE_GRACE=1s\nTRIBUNE_RETENTION='2d'\nexport LLM_MODE=\"extractive\" # no model\nLITELLM_MODEL=from/dotenv\r\nMISTRAL_API_KEY=mk\n"})
	c, err := Load(Options{
		Dir:       dir,
		Environ:   []string{"TRIBUNE_GRACE=3s", "LITELLM_MODEL=", "=C:=odd", "no equals sign", "TRIBUNE_LOG_LEVEL= warn\n"},
		Overrides: map[string]string{"TRIBUNE_LOG_FORMAT": "text"},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"TRIBUNE_GRACE":      "3s environment",
		"TRIBUNE_RETENTION":  "2d .env",
		"LLM_MODE":           "extractive .env",
		"LITELLM_MODEL":      "from/dotenv .env", // empty in the environment is unset
		"TRIBUNE_LOG_LEVEL":  "warn environment",
		"TRIBUNE_LOG_FORMAT": "text command line",
		"TRIBUNE_HTTP_ADDR":  "127.0.0.1:4000 default",
	}
	got := map[string]string{}
	for _, s := range c.Settings() {
		if _, ok := want[s.Name]; ok {
			got[s.Name] = s.Value + " " + string(s.Origin)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if c.Server.Grace.Std() != 3*time.Second || c.Models.Mode != ModeExtractive || c.Server.LogLevel.Level() != slog.LevelWarn {
		t.Errorf("fields: %+v %+v", c.Server, c.Models)
	}
	if key, ok := c.Lookup("MISTRAL_API_KEY"); !ok || key.Reveal() != "mk" {
		t.Errorf("Lookup = %q, %v, want the key from .env", key.Reveal(), ok)
	}
	if _, ok := c.Lookup("NO_SUCH_API_KEY"); ok {
		t.Error("Lookup found a key that is not there")
	}
}

// TestLoadReadsTheProcess is the one test of the real environment; it must leave
// it as it was.
func TestLoadReadsTheProcess(t *testing.T) {
	t.Setenv("TRIBUNE_GRACE", "7s")
	t.Chdir(folder(t, map[string]string{".env": "TRIBUNE_RETENTION=7d\nTRIBUNE_GRACE=9s\n"}))
	before := os.Environ()
	c, err := Load(Options{})
	if err != nil && c == nil {
		t.Fatal(err)
	}
	if c.Server.Grace.Std() != 7*time.Second || c.Server.Retention.Std() != 7*day {
		t.Errorf("grace %s, retention %s, want 7s and 7d", c.Server.Grace, c.Server.Retention)
	}
	if diff := cmp.Diff(before, os.Environ()); diff != "" {
		t.Errorf("Load changed the process's environment: %s", diff)
	}
}

func TestLoadDotEnvMistakes(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ text, want string }{
		"no equals sign":   {"A=1\n# comment\nPASSWORD " + canary + "\nB=2\n", ".env:3: "},
		"open quote":       {"A=1\nB=\"x\ny\"\nC='" + canary + "\nD=2\n", ".env:4: "},
		"odd name":         {"A=1\n\n\nB-C=" + canary + "\n", ".env:4: "},
		"only broken":      {"?" + canary, ".env:1: "},
		"too large":        {strings.Repeat("A="+canary+"\n", 20000), ".env: cannot be read: larger than 256 KB"},
		"binary":           {"\x00\x01\x02" + canary, ".env:1: "},
		"many broken ones": {strings.Repeat("?"+canary+"\n", 5000), ".env:1: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := load(t, map[string]string{".env": test.text})
			problems, ok := errors.AsType[Problems](err)
			if !ok || len(problems) != 1 || !strings.HasPrefix(problems[0].Error(), test.want) {
				t.Fatalf("got %v, want one problem that begins with %q", err, test.want)
			}
			if strings.Contains(err.Error(), canary) || problems[0].Fix == "" {
				t.Errorf("the error shows a value, or no way out: %v", err)
			}
		})
	}
}

func TestLoadDotEnvFolder(t *testing.T) {
	t.Parallel()
	_, err := load(t, map[string]string{".env/file": "x"})
	if err == nil || !strings.HasPrefix(err.Error(), ".env: cannot be read: ") {
		t.Errorf("got %v, want .env refused", err)
	}
}

// TestSettingsHideSecrets puts a canary into every secret there is, and looks for
// it in everything that is shown.
func TestSettingsHideSecrets(t *testing.T) {
	t.Parallel()
	var environ []string
	for _, f := range fields(&Config{}) {
		switch f.value.Interface().(type) {
		case Secret:
			environ = append(environ, f.Name+"="+canary+"-"+canary)
		case URL:
			environ = append(environ, f.Name+"=ftp://user:"+canary+"@host/?k="+canary)
		}
	}
	environ = append(environ, "MISTRAL_API_KEY="+canary+canary, "MISTRAL_API_BASE=ftp://u:"+canary+"@h", "OPENAI_API_BASE="+canary, "TRIBUNE_SECRET="+canary)
	c, err := Load(Options{Dir: folder(t, map[string]string{".env": "DISCORD_TOKEN=" + canary}), Environ: environ, Providers: []string{"MISTRAL"}})
	if err == nil {
		t.Fatal("canaries passed for real tokens")
	}
	outputs := map[string]string{
		"error":    err.Error(),
		"warnings": c.Warnings.Error(),
		"settings": fmt.Sprintf("%+v", c.Settings()),
		"json":     string(must(json.Marshal(c.Settings()))) + string(must(json.Marshal(err))),
		"config":   fmt.Sprintf("%v %+v %#v", c, c, *c),
	}
	for how, output := range outputs {
		if leaks(output) {
			t.Errorf("%s shows a secret: %s", how, output)
		}
	}
	if !strings.Contains(outputs["settings"], "MISTRAL_API_KEY") {
		t.Error("the key of a provider that the caller knows is not listed")
	}
}

func TestSettingsCarryTheirProblems(t *testing.T) {
	t.Parallel()
	c, err := load(t, map[string]string{"tribune.yaml": "channels:\n  default:\n    burst: -1\n    questions: 9/h\n"}, "TRIBUNE_GRACE=soon", "DISCORD_TOKEN=abc")
	if err == nil {
		t.Fatal("no error")
	}
	byName := map[string]Setting{}
	for _, s := range c.Settings() {
		if byName[s.Name].Name != "" {
			t.Errorf("%s is listed twice", s.Name)
		}
		byName[s.Name] = s
	}
	for name, want := range map[string]Setting{
		"TRIBUNE_GRACE":              {Value: "soon", Origin: Environment, Problem: `"soon" is not a duration: write it as 30s, 12h or 90d`},
		"DISCORD_TOKEN":              {Value: "…", Origin: Environment, Problem: "commands cannot be registered without the application's id: set DISCORD_APPLICATION_ID too (General Information of the application)"},
		"channels.default.burst":     {Value: "5", Origin: Default, Problem: `"-1" is out of range: write a whole number from 1 to 10000`},
		"channels.default.questions": {Value: "9/h", Origin: "tribune.yaml:4"},
		"NATS_URL":                   {Origin: Default},
	} {
		got := byName[name]
		if got.Value != want.Value || got.Origin != want.Origin || got.Problem != want.Problem {
			t.Errorf("%s: got %+v, want %+v", name, got, want)
		}
		if got.Description == "" || got.Group == "" {
			t.Errorf("%s has no description or group: %+v", name, got)
		}
	}
	groups := []string{}
	for _, s := range c.Settings() {
		if len(groups) == 0 || groups[len(groups)-1] != s.Group {
			groups = append(groups, s.Group)
		}
	}
	if slices.Sort(groups); len(slices.Compact(slices.Clone(groups))) != len(groups) {
		t.Errorf("a group is torn apart: %v", groups)
	}
}

func TestEmbeddingByZhipu(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		environ []string
		want    Embedding
	}{
		"key alone":      {[]string{"ZHIPUAI_API_KEY=zk"}, Embedding{Model: "embedding-3", APIBase: zhipuAPIBase, APIKey: "zk"}},
		"own address":    {[]string{"ZHIPUAI_API_KEY=zk", "ZHIPUAI_API_BASE=http://z"}, Embedding{Model: "embedding-3", APIBase: "http://z", APIKey: "zk"}},
		"other of its":   {[]string{"ZHIPUAI_API_KEY=zk", "EMBEDDING_MODEL=embedding-2"}, Embedding{Model: "embedding-2", APIBase: zhipuAPIBase, APIKey: "zk"}},
		"another model":  {[]string{"ZHIPUAI_API_KEY=zk", "EMBEDDING_MODEL=bge-m3"}, Embedding{Model: "bge-m3"}},
		"another server": {[]string{"ZHIPUAI_API_KEY=zk", "EMBEDDING_API_BASE=http://e"}, Embedding{APIBase: "http://e"}},
		"nothing":        {nil, Embedding{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c := mustLoad(t, nil, test.environ...); c.Embedding != test.want {
				t.Errorf("got %+v, want %+v", c.Embedding, test.want)
			}
		})
	}
}

func TestFilesThatLieThere(t *testing.T) {
	t.Parallel()
	c := mustLoad(t, map[string]string{"tribune.yaml": "", "litellm_config.yaml": ""})
	if filepath.Base(c.Server.File) != "tribune.yaml" || filepath.Base(c.Models.File) != "litellm_config.yaml" || c.File.Path != c.Server.File {
		t.Errorf("files %q, %q, %q", c.Server.File, c.Models.File, c.File.Path)
	}
	c = mustLoad(t, nil)
	if c.Server.File != "" || c.Models.File != "" {
		t.Errorf("files %q, %q in an empty folder", c.Server.File, c.Models.File)
	}
	for _, name := range []string{"TRIBUNE_CONFIG", "LITELLM_CONFIG", "NATS_CREDS", "NATS_CA"} {
		_, err := load(t, nil, name+"=nowhere.yaml", "NATS_URL=nats://n:4222")
		if err == nil || !strings.Contains(err.Error(), name+": ") || strings.Count(err.Error(), "\n") != 0 {
			t.Errorf("%s of a missing file: %v, want one line", name, err)
		}
		_, err = load(t, map[string]string{"sub/x": ""}, name+"=sub", "NATS_URL=nats://n:4222")
		if err == nil || !strings.Contains(err.Error(), "is a folder") || strings.Count(err.Error(), "\n") != 0 {
			t.Errorf("%s of a folder: %v, want one line", name, err)
		}
	}
}

func TestLayersOfAnotherFile(t *testing.T) {
	t.Parallel()
	above := Layer{Origin: "other.yaml", Values: map[string]string{"LITELLM_MASTER_KEY": "sk-laid-down-0001"}}
	below := Layer{Origin: "other.yaml", Values: map[string]string{"LITELLM_MODEL": "offered", "TRIBUNE_GRACE": "7s", "TRIBUNE_LOG_LEVEL": "debug"}}
	c := must(Load(Options{
		Dir: t.TempDir(), Above: above, Below: below,
		Environ:   []string{"LITELLM_MASTER_KEY=sk-environment-1", "TRIBUNE_GRACE=9s"},
		Overrides: map[string]string{"TRIBUNE_LOG_LEVEL": "warn"},
	}))
	got := []string{c.Models.MasterKey.Reveal(), c.Models.Model, c.Server.Grace.Std().String(), c.Server.LogLevel.Level().String()}
	if diff := cmp.Diff([]string{"sk-laid-down-0001", "offered", "9s", "WARN"}, got); diff != "" {
		t.Error(diff)
	}
	if _, origin := c.lookup("LITELLM_MODEL"); origin != "other.yaml" {
		t.Errorf("the origin is told as %q", origin)
	}
	if v, ok := c.LookupOutside("other.yaml", "LITELLM_MODEL"); ok {
		t.Errorf("the file finds its own %q", v.Reveal())
	}
	if v, ok := c.LookupOutside("other.yaml", "TRIBUNE_GRACE"); !ok || v.Reveal() != "9s" {
		t.Errorf("the environment's is not found, but %q", v.Reveal())
	}
}
