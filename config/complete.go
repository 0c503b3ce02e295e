package config

import (
	"cmp"
	"os"
	"path/filepath"
	"strings"
)

// The files that are read where they lie in the working directory, without
// being named.
const (
	fileName        = "tribune.yaml"
	liteLLMFileName = "litellm_config.yaml"
)

// zhipuEmbedding is the model that is used where Zhipu's key is set and no
// embedding model is named: Zhipu's current one,
// https://docs.bigmodel.cn/cn/guide/models/embedding/embedding-3. Its other ones
// have names of the same form.
const (
	zhipuEmbedding = "embedding-3"
	zhipuFamily    = "embedding-"
	zhipuAPIBase   = "https://open.bigmodel.cn/api/paas/v4"
)

// completePaths makes paths start from the working directory and finds the files
// that lie there without being named.
func (l *loader) completePaths() {
	c := l.config
	if strings.HasPrefix(c.Server.DataDir, "~") {
		l.mistake("TRIBUNE_DATA_DIR", "~ is not your home here", "write the whole path")
	}
	c.Server.DataDir = l.path(c.Server.DataDir)
	c.NATS.Creds, c.NATS.CA = l.path(c.NATS.Creds), l.path(c.NATS.CA)
	c.Server.File = l.completeFile("TRIBUNE_CONFIG", c.Server.File, fileName)
	c.Models.File = l.completeFile("LITELLM_CONFIG", c.Models.File, liteLLMFileName)
	l.checkFile("NATS_CREDS", c.NATS.Creds)
	l.checkFile("NATS_CA", c.NATS.CA)
}

// completeFile returns the path of the file that a variable names, or of the one
// that lies in the working directory; "" where there is neither.
func (l *loader) completeFile(variable, named, usual string) string {
	if named != "" {
		path := l.path(named)
		l.checkFile(variable, path)
		return path
	}
	path := l.path(usual)
	if _, err := os.Stat(path); err != nil {
		return ""
	}
	l.set(variable, usual)
	return path
}

// checkFile reports a file that is named but cannot be there as one.
func (l *loader) checkFile(variable, path string) {
	if path == "" {
		return
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		l.mistake(variable, quote(path)+" cannot be read: "+reason(err), "write the path of a file that is there, or unset it")
	case info.IsDir():
		l.mistake(variable, quote(path)+" is a folder", "write the path of a file")
	}
}

// completeEmbedding lets Zhipu's key stand for Zhipu's embedding API where nothing
// says otherwise.
func (l *loader) completeEmbedding() {
	e := &l.config.Embedding
	other := e.Model != "" && !strings.HasPrefix(e.Model, zhipuFamily)
	if other || e.APIBase.IsSet() || e.APIKey.IsSet() || !l.config.Providers.Zhipu.IsSet() {
		return
	}
	base, _ := l.config.lookup("ZHIPUAI_API_BASE")
	_ = decodeURL(&e.APIBase, cmp.Or(base, zhipuAPIBase)) // completeProviders has reported what is wrong
	e.Model, e.APIKey = cmp.Or(e.Model, zhipuEmbedding), l.config.Providers.Zhipu
	l.set("EMBEDDING_MODEL", e.Model)
	l.set("EMBEDDING_API_KEY", e.APIKey.String())
	l.set("EMBEDDING_API_BASE", e.APIBase.String())
}

// decodeURL sets u from text; nothing where there is none.
func decodeURL(u *URL, text string) *invalid {
	if text == "" {
		return nil
	}
	return explain(u.UnmarshalText([]byte(text)), text)
}

// set shows the value, secrets hidden, that a setting has by default.
func (l *loader) set(name, value string) {
	for i := range l.settings {
		if l.settings[i].Name == name {
			l.settings[i].Value = value
		}
	}
}

// mistake reports what is wrong with a variable.
func (l *loader) mistake(variable, message, fix string) {
	_, origin := l.config.lookup(variable)
	l.report(Problem{Setting: variable, Origin: origin, Message: message, Fix: fix})
}

// warn reports what is odd about a variable.
func (l *loader) warn(variable, message, fix string) {
	_, origin := l.config.lookup(variable)
	l.report(Problem{Setting: variable, Origin: origin, Message: message, Fix: fix, Warning: true})
}

// beside returns a path as seen from the folder of file.
func beside(file, path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(filepath.Dir(file), path)
}
