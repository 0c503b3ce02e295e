package webchat

import "testing"

func BenchmarkBlocks(b *testing.B) {
	content := chineseAnswer()
	for b.Loop() {
		blocks(content)
	}
}
