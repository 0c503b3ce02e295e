package answer

import (
	"slices"
	"strings"
)

// usualLeadIn tells whether a lower-case heading or lead-in is one of the phrases
// that structure an answer and claim nothing.
func usualLeadIn(bare string) bool {
	return slices.Contains(leadIns(), strings.TrimSpace(bare))
}

func leadIns() []string {
	return []string{
		"答", "回答", "答案", "结论", "总结", "小结", "简要回答", "如下", "规定如下", "具体如下", "具体规定如下", "具体规定", "具体来说", "相关规定",
		"根据文档", "根据以上资料", "计算方法", "计算方式", "条件", "前提", "前提条件", "例外", "例外情况", "期限", "时限", "步骤", "具体步骤", "流程", "办理流程",
		"建议", "操作建议", "可以采取以下措施", "可以这样做", "怎么做", "怎么办", "注意", "注意事项", "提示", "说明", "例如", "举例", "示例", "包括", "主要包括",
		"需要的材料", "所需材料", "依据", "法律依据", "您的权利", "你的权利", "此外", "另外", "同时", "其中", "适用范围", "金额", "标准", "赔偿标准", "补偿标准",
		"answer", "short answer", "in short", "summary", "conclusion", "details", "in detail", "the rules", "rules", "conditions", "requirements",
		"exceptions", "exception", "deadlines", "deadline", "steps", "what to do", "what you can do", "you can", "how it is calculated", "calculation",
		"amounts", "amount", "example", "for example", "examples", "note", "notes", "please note", "important", "also", "in addition", "this includes",
		"evidence", "what to bring", "your rights", "your options", "options", "legal basis", "sources", "next steps", "procedure", "key points",
	}
}
