package knowledge

// MaxManifest is how many bytes Blobs.Publish must take, and may refuse to take
// more than: half of what one message to a NATS server may have.
const MaxManifest = 512 << 10
