package localdiscord

import "time"

// Types of channels and messages, and flags of messages that are used here
// (resources/channel and resources/message of the documentation).
const (
	TypeText          = 0
	TypeDM            = 1
	TypePublicThread  = 11
	TypePrivateThread = 12

	typeDefault     = 0
	typeReply       = 19
	typeChatCommand = 20

	FlagSuppressEmbeds = 1 << 2
	FlagEphemeral      = 1 << 6
	FlagLoading        = 1 << 7
)

// Permission bits (topics/permissions).
const (
	Administrator         = 1 << 3
	AddReactions          = 1 << 6
	ViewChannel           = 1 << 10
	SendMessages          = 1 << 11
	ReadMessageHistory    = 1 << 16
	MentionEveryone       = 1 << 17
	SendMessagesInThreads = 1 << 38

	usual = AddReactions | ViewChannel | SendMessages | ReadMessageHistory | MentionEveryone | SendMessagesInThreads
)

// User is a person or a bot.
type User struct {
	ID            string `json:"id"`
	Username      string `json:"username"`
	Discriminator string `json:"discriminator"`
	GlobalName    string `json:"global_name,omitempty"`
	Bot           bool   `json:"bot,omitempty"`
}

// Role is a role of a guild. The one with the guild's own id is @everyone.
type Role struct {
	ID          string            `json:"id"`
	Name        string            `json:"name"`
	Permissions int64             `json:"permissions,string"`
	Managed     bool              `json:"managed"`
	Mentionable bool              `json:"mentionable"`
	Tags        map[string]string `json:"tags,omitempty"`
}

// Overwrite changes what a role (Type 0) or a member (Type 1) may do in a channel.
type Overwrite struct {
	ID    string `json:"id"`
	Type  int    `json:"type"`
	Allow int64  `json:"allow,string"`
	Deny  int64  `json:"deny,string"`
}

// Member is somebody in a guild.
type Member struct {
	User  *User    `json:"user,omitempty"`
	Nick  string   `json:"nick,omitempty"`
	Roles []string `json:"roles"`
}

// Channel is a text channel, a thread or a direct conversation.
type Channel struct {
	ID             string          `json:"id"`
	Type           int             `json:"type"`
	GuildID        string          `json:"guild_id,omitempty"`
	Name           string          `json:"name,omitempty"`
	ParentID       string          `json:"parent_id,omitempty"`
	OwnerID        string          `json:"owner_id,omitempty"`
	LastMessageID  string          `json:"last_message_id,omitempty"`
	Overwrites     []Overwrite     `json:"permission_overwrites"`
	Recipients     []User          `json:"recipients,omitempty"`
	ThreadMetadata *ThreadMetadata `json:"thread_metadata,omitempty"`
}

// ThreadMetadata is what only threads have.
type ThreadMetadata struct {
	Archived            bool      `json:"archived"`
	AutoArchiveDuration int       `json:"auto_archive_duration"` // minutes
	ArchiveTimestamp    time.Time `json:"archive_timestamp"`
	Locked              bool      `json:"locked"`
}

// Guild is a server with its roles, channels and the bot's own membership.
type Guild struct {
	ID          string     `json:"id"`
	Name        string     `json:"name"`
	OwnerID     string     `json:"owner_id"`
	Roles       []Role     `json:"roles"`
	Channels    []*Channel `json:"channels"`
	Threads     []*Channel `json:"threads"`
	Members     []Member   `json:"members"`
	MemberCount int        `json:"member_count"`
}

// Reference points from a reply to what it replies to.
type Reference struct {
	Type            int    `json:"type,omitempty"`
	MessageID       string `json:"message_id,omitempty"`
	ChannelID       string `json:"channel_id,omitempty"`
	GuildID         string `json:"guild_id,omitempty"`
	FailIfNotExists *bool  `json:"fail_if_not_exists,omitempty"`
}

// Metadata says of a message which interaction made it.
type Metadata struct {
	ID   string `json:"id"`
	Type int    `json:"type"`
	User *User  `json:"user"`
}

// Message is a message as the API gives it.
type Message struct {
	ID              string           `json:"id"`
	ChannelID       string           `json:"channel_id"`
	GuildID         string           `json:"guild_id,omitempty"` // only in gateway events
	Author          *User            `json:"author"`
	Member          *Member          `json:"member,omitempty"`
	Content         string           `json:"content"`
	Timestamp       time.Time        `json:"timestamp"`
	EditedTimestamp *time.Time       `json:"edited_timestamp"`
	Type            int              `json:"type"`
	Flags           int              `json:"flags"`
	TTS             bool             `json:"tts"`
	Pinned          bool             `json:"pinned"`
	Mentions        []User           `json:"mentions"`
	MentionRoles    []string         `json:"mention_roles"`
	MentionEveryone bool             `json:"mention_everyone"`
	Reference       *Reference       `json:"message_reference,omitempty"`
	Referenced      *Message         `json:"referenced_message,omitempty"`
	Interaction     *Metadata        `json:"interaction_metadata,omitempty"`
	WebhookID       string           `json:"webhook_id,omitempty"`
	ApplicationID   string           `json:"application_id,omitempty"`
	Nonce           string           `json:"nonce,omitempty"` // only in the answer to its creation
	Reactions       []Reaction       `json:"reactions,omitempty"`
	Embeds          []map[string]any `json:"embeds"`
	Attachments     []map[string]any `json:"attachments"`
	Components      []map[string]any `json:"components"`
}

// Reaction is an emoji below a message.
type Reaction struct {
	Count int   `json:"count"`
	Me    bool  `json:"me"`
	Emoji Emoji `json:"emoji"`
}

// Emoji is a unicode emoji (no id) or a guild's own.
type Emoji struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// ephemeral tells whether only one person sees the message.
func (m *Message) ephemeral() bool { return m.Flags&FlagEphemeral != 0 }

// thread tells whether the channel is a thread.
func (c *Channel) thread() bool { return c.Type == TypePublicThread || c.Type == TypePrivateThread }
