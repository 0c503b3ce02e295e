package formattest

import "strings"

// SampleDOCX is a Word document with all that its reader knows.
func SampleDOCX() []byte {
	return DOCX("Template", Paragraph("a3", "门卡管理规定")+Paragraph("TOC1", "第一章 总则 3")+
		Paragraph("1", "Lost cards 遗失")+Paragraph("", "Report a lost card within 24 hours{2} & keep the receipt.")+
		Item(2, 0, "员工遗失门卡，应当立即报告。")+Item(2, 1, "白天向前台报告；")+Item(2, 1, "夜间向保安报告。")+Item(2, 0, "补办收取工本费。")+
		Paragraph("2", "Fees 费用")+
		Grid([]string{"卡 Card", "Fee | 元"}, []string{"员工卡", "10"}, []string{"^", "20 for the second"})+
		Item(1, 0, "cash")+Item(1, 1, "in coins")+
		Paragraph("Below", "Steps")+Item(3, 0, "Go to the desk")+Item(3, 1, "Show a passport")+Item(3, 0, "Pay")+
		Box("Open from 9 to 5 开放时间"))
}

// SamplePPTX is a presentation with a table and notes.
func SamplePPTX() []byte {
	return PPTX("PowerPoint Presentation",
		Slide{Title: "新员工须知", Lines: []string{"Welcome to the office", "\t门卡 first", "\tthen the laptop"}, Notes: "Say hello 先问好。"},
		Slide{},
		Slide{Title: "Fees", Table: [][]string{{"卡", "Fee"}, {"员工卡", "10"}}})
}

// SampleEPUB is a book of two chapters.
func SampleEPUB() []byte {
	return EPUB("办公室手册", `<h1>第一章 门卡</h1><p>Lost cards are reported <em>at once</em>.</p>`, `<h1 id="two">Second</h1><ul><li>费用十元</li></ul>`)
}

// SamplePDF is a file of three pages in Chinese and English, with a line at the
// top of each and numbers below.
func SamplePDF() []byte {
	page := func(number string, lines ...Text) []Text {
		return append(append([]Text{{72, 800, 9, "Office handbook 办公室手册"}}, lines...), Text{290, 40, 9, number})
	}
	full := strings.Repeat("员工遗失门卡的应当立即向前台报告", 3)[:38*3]
	return PDF("门卡管理规定",
		page("1", Text{72, 760, 20, "门卡管理规定"}, Text{72, 720, 14, "第一章 总则"}, Text{94, 690, 12, full[:36*3]}, Text{72, 672, 12, full}, Text{72, 654, 12, "并且缴纳工本费。"},
			Text{94, 630, 12, "第二段从这里开始。"}),
		page("2", Text{72, 760, 14, "Lost cards"}, Text{72, 730, 12, "Report a lost card within 24 hours at the desk, and keep the re-"}, Text{72, 712, 12, "ceipt until a new card is made."},
			Text{72, 680, 12, "Card"}, Text{200, 680, 12, "Fee"}, Text{72, 662, 12, "员工卡"}, Text{200, 662, 12, "10"}),
		page("3", Text{72, 760, 12, "The end."}))
}
