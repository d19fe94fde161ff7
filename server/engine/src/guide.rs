//! Names that can stand at a place, for an engine that can weigh its tokens by them. These types travel as JSON.
//! It must not know where the names come from.

use serde::{Deserialize, Serialize};

/// After this text one of these names is to be expected: after `pipe.` the members of a pipeline.
///
/// The idea is that of monitor-guided decoding (Agrawal et al., 2023): a small model rarely knows the names of a
/// workspace, whoever resolved the receiver does. It costs no prompt token.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Guide {
    /// The text before the name, such as `self.pool.` or `Error::`. It counts where no identifier, dot or colon stands
    /// right before it.
    pub after: String,
    /// The names.
    pub names: Vec<String>,
    /// What is added to the logits of the tokens that lead to one of the names: 0 changes nothing, 3 makes a name twenty
    /// times likelier.
    pub bonus: f32,
}

/// What a request knows of the places where names can stand.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Guidance {
    /// The end of the text before the generation, at least as far as the cursor's statement reaches back.
    pub before: String,
    /// The places, the most certain first: the first that fits counts.
    pub guides: Vec<Guide>,
}
