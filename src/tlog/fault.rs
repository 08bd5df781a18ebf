//! What can be wrong, one sentence each.

use super::{MAX_SIZE, note::MAX_BYTES, note::MAX_SIGNATURES, tile::MAX_ENTRY};

/// Why a text, a signature or a proof is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    #[error("the note is longer than {MAX_BYTES} bytes")]
    NoteLength,
    #[error("the text is not UTF-8")]
    Encoding,
    #[error("the note holds a control character other than a newline, or a byte order mark")]
    Character,
    #[error("the text of the note does not end in a newline")]
    TextEnd,
    #[error("no blank line separates the text of the note from its signatures")]
    Separator,
    #[error("the note does not end in the newline of a signature line")]
    NoteEnd,
    #[error("a signature line is not an em dash, the name of a key and standard base64 of more than four bytes")]
    SignatureLine,
    #[error("the note has more than {MAX_SIGNATURES} signatures")]
    SignatureCount,
    #[error("the note holds a signature line twice")]
    SignatureRepeated,
    #[error("the name of a key is empty, longer than 255 bytes, or holds a space, a plus or a control character")]
    Name,
    #[error("the key does not have the form NAME+ID+BASE64")]
    KeyForm,
    #[error("the key is of a type other than Ed25519 (1) and cosignature/v1 (4)")]
    KeyType,
    #[error("the id of the key does not fit its name and bytes")]
    KeyId,
    #[error("the public key is not a canonical point, or one under which anyone can sign")]
    KeyWeak,
    #[error("the private key does not have the form PRIVATE+KEY+NAME+ID+BASE64")]
    PrivateKeyForm,
    #[error("the origin of the checkpoint is no name of a key, or begins with a scheme such as https://")]
    Origin,
    #[error("the checkpoint has fewer than three lines")]
    CheckpointShort,
    #[error("the checkpoint has a fourth line: extension lines and blank lines are not accepted")]
    CheckpointExtension,
    #[error("the size of the tree is not a number without sign and leading zeros, of at most {MAX_SIZE}")]
    Size,
    #[error("the root is not standard base64 of 32 bytes")]
    Root,
    #[error("the tree is empty, and its root is not that of the empty tree")]
    EmptyRoot,
    #[error("{0:?} is not the path of a tile")]
    TilePath(String),
    #[error("the tile does not have the length of its hashes, 32 bytes each")]
    TileLength,
    #[error("the bundle does not hold the number of entries that its path says, or is cut off")]
    Bundle,
    #[error("an entry is longer than {MAX_ENTRY} bytes and fits no bundle")]
    EntryLength,
    #[error("the receipt does not begin with the line c2sp.org/tlog-proof@v1")]
    ReceiptHeader,
    #[error("the receipt has a line of extra data, which is not accepted")]
    ReceiptExtra,
    #[error("the receipt has no line with the index of its entry, such as `index 42`")]
    ReceiptIndex,
    #[error("a line of the proof is not standard base64 of 32 bytes, or there are more than 63 of them")]
    ReceiptProof,
    #[error("no blank line separates the proof from the checkpoint")]
    ReceiptSeparator,
    #[error("entry {index} does not exist in a tree of {size} entries")]
    Index { index: u64, size: u64 },
    #[error("a tree of {new} entries cannot continue one of {old}")]
    Shrunk { old: u64, new: u64 },
    #[error("the hash of the subtree at level {level}, index {index} is missing")]
    NodeMissing { level: u32, index: u64 },
    #[error("the key of {0} is of another type than the signature asks for")]
    WrongKeyType(String),
    #[error("{0} has not signed the note")]
    NotSigned(String),
    #[error("{0} has signed the note more than once")]
    SignedTwice(String),
    #[error("the signature of {0} does not fit the text")]
    Signature(String),
    #[error("the time of the cosignature of {0} is later than 2^63 - 1 seconds after 1970")]
    Time(String),
    #[error("the checkpoint is of the log {origin}, and the key of {name}")]
    OtherLog { origin: String, name: String },
    #[error("the proof does not lead from the entry to the root")]
    Inclusion,
    #[error("the proof does not lead from the old root to the new one")]
    Consistency,
}

impl Fault {
    /// Whether the input cannot be read at all. Otherwise it was read, and does not prove what it is asked for.
    pub(crate) const fn is_malformed(&self) -> bool {
        match self {
            Self::NoteLength
            | Self::Encoding
            | Self::Character
            | Self::TextEnd
            | Self::Separator
            | Self::NoteEnd
            | Self::SignatureLine
            | Self::SignatureCount
            | Self::SignatureRepeated
            | Self::Name
            | Self::KeyForm
            | Self::KeyType
            | Self::KeyId
            | Self::KeyWeak
            | Self::PrivateKeyForm
            | Self::Origin
            | Self::CheckpointShort
            | Self::CheckpointExtension
            | Self::Size
            | Self::Root
            | Self::EmptyRoot
            | Self::TilePath(_)
            | Self::EntryLength
            | Self::ReceiptHeader
            | Self::ReceiptExtra
            | Self::ReceiptIndex
            | Self::ReceiptProof
            | Self::ReceiptSeparator
            | Self::TileLength
            | Self::Bundle => true,
            Self::Index { .. }
            | Self::Shrunk { .. }
            | Self::NodeMissing { .. }
            | Self::WrongKeyType(_)
            | Self::NotSigned(_)
            | Self::SignedTwice(_)
            | Self::Signature(_)
            | Self::Time(_)
            | Self::OtherLog { .. }
            | Self::Inclusion
            | Self::Consistency => false,
        }
    }
}
