package answer

import "strings"

// words are the bot's own sentences in one language.
type words struct {
	empty, unclear, tooLong, greeting  string
	notFound, limited, failed, expired string
	noModel, modelFailed, unsupported  string
	cut, spent, nearest, and           string
}

// say returns the bot's sentences in the language ("zh" or else English).
func say(language string) words {
	if language == "zh" {
		return chinese()
	}
	return english()
}

func chinese() words {
	return words{
		empty:       "请把想问的问题写在提到我之后，例如：“试用期最长可以约定多久？”",
		unclear:     "我没看懂这个问题。请用一句话写出来，例如：“公司拖欠工资怎么办？”",
		tooLong:     "这条消息太长，我只读得了前面约一万六千字节。请缩短成一个具体的问题再问一次。",
		greeting:    "你好！我根据团队的文档回答问题，并注明出处。请直接提问。",
		notFound:    "现有文档里没有找到这个问题的答案，所以我不作猜测。可以换个说法再问，或请负责文档的同事补充资料。",
		limited:     "这个频道的提问太频繁，请约 %s后再问。",
		failed:      "抱歉，这个问题没能答出来，已记录下来，管理员可以重试。你也可以稍后再问一次。",
		expired:     "抱歉，这个问题等候太久，已经过了时限，没能回答。如果仍需要答案，请再问一次。",
		noModel:     "未配置模型，以下为文档原文摘录。",
		modelFailed: "模型暂时不可用，以下为文档原文摘录。",
		unsupported: "模型的回答未能由文档证实，以下改为文档原文摘录。",
		cut:         "回答因长度限制被截断。",
		spent:       "本频道的模型预算已用完，以下为文档原文摘录。",
		nearest:     "最接近的内容见 %s。",
		and:         " 和 ",
	}
}

func english() words {
	return words{
		empty:       "Please write your question after my name, for example: \"How long can a probation period be?\"",
		unclear:     "I could not read a question in this. Please put it in a sentence, for example: \"What can I do about unpaid wages?\"",
		tooLong:     "This message is too long: I can read about the first 16 kilobytes only. Please shorten it to one question and ask again.",
		greeting:    "Hello! I answer questions from the team's documents and name the sources. Just ask.",
		notFound:    "The documents do not answer this question, and I would rather not guess. Try other words, or ask the person who owns the documents to add it.",
		limited:     "Too many questions were asked in this channel. Please ask again in about %s.",
		failed:      "Sorry, this question could not be answered. It has been kept, and an administrator can retry it. You can also ask again later.",
		expired:     "Sorry, this question waited too long and has passed its time limit. If you still need the answer, please ask again.",
		noModel:     "No model is set up: these are quotes from the documents.",
		modelFailed: "The model cannot be reached at the moment: these are quotes from the documents.",
		unsupported: "The model's answer was not borne out by the documents: these are quotes from them instead.",
		cut:         "The answer was cut at its length limit.",
		spent:       "The budget for models is used up here: these are quotes from the documents.",
		nearest:     "What comes nearest is in %s.",
		and:         " and ",
	}
}

// greeted tells whether text is nothing but a greeting or thanks.
func greeted(text string) bool {
	text = strings.ToLower(strings.Trim(text, " \t\n.!?~,。！？～，"))
	switch text {
	case "hi", "hello", "hey", "hello there", "good morning", "thanks", "thank you", "help",
		"你好", "您好", "嗨", "在吗", "在么", "谢谢", "谢谢你", "多谢", "早上好", "帮助":
		return true
	default:
		return false
	}
}
