//! The command line, as clap reads it. The help texts here are the man page too.
//! It must not do anything: see commands/.

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use std::net::IpAddr;

/// Code completion by a model on your own machine, for every editor.
///
/// Editors start `weft lsp`. The other commands fetch models, show what the model would suggest at a place, and
/// say what is wrong when nothing is suggested.
#[derive(Debug, Parser)]
#[command(name = "weft", version, propagate_version = true, after_help = AFTER_HELP)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What follows the help, and the last section of the man page.
pub(crate) const AFTER_HELP: &str = "\
Begin with:
  weft models pull                 fetch the default model
  weft doctor                      see whether all is well
  weft complete src/main.rs:12:9   see a suggestion
  weft chat                        ask about your code
  weft ui                          the same in a browser
  weft serve --port 8080           let other programs use the models

Environment:
  WEFT_MODEL, WEFT_THREADS, WEFT_GPU_LAYERS, WEFT_CONTEXT_TOKENS, WEFT_PROMPT_TOKENS,
  WEFT_MAX_TOKENS, WEFT_IDLE_SECONDS   the settings, which config.toml may hold too
  WEFT_MODELS         the folder with the models
  OLLAMA_MODELS       the folder of Ollama's models, which are read there
  HF_ENDPOINT         a mirror of Hugging Face
  HF_TOKEN            the token for gated models, sent to Hugging Face alone
  WEFT_MEMORY_MB      megabytes that models may take together
  WEFT_API_KEY        the key of `weft serve --port`
  WEFT_PAGE           the folder with the built chat page, for `weft ui`
  WEFT_CONFIG         the configuration file
  WEFT_HOME           one folder for all of Weft's files
  WEFT_LOG            what is logged, such as info or debug (default: warn)

`weft doctor` shows which settings are in force and where they come from.";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Print the suggestion at a place in a file
    Complete(CompleteArgs),
    /// Ask the model about your code, in a conversation or once
    #[command(after_help = CHAT_HELP)]
    Chat(ChatArgs),
    /// Open the chat page in a browser: questions about a folder's code, models side by side
    #[command(after_help = UI_HELP)]
    Ui(UiArgs),
    /// Serve an editor over stdin and stdout (editors start this)
    Lsp(LspArgs),
    /// Run the engine that all editor windows share (started on demand); with --port also for other programs
    #[command(after_help = SERVE_HELP)]
    Serve(ServeArgs),
    /// Fetch, list, show and remove models
    #[command(subcommand)]
    Models(ModelsCommand),
    /// Say what Weft found on this machine and what to do about each problem
    Doctor(DoctorArgs),
    /// Show the configuration, its schema, or take over that of another program
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Store, list and remove keys of engines
    #[command(subcommand)]
    Key(KeyCommand),
    /// Show what an editor's configuration needs for Weft, and add it
    Setup(crate::commands::setup::SetupArgs),
    /// Say why the last requests showed something or nothing
    Why(WhyArgs),
    /// Chat with a model at once; it is fetched first if it is not here
    Run(RunArgs),
    /// Show the models in memory, and the running engine
    Ps,
    /// Stop the running engine, or take one model out of its memory
    Stop {
        /// Only this model
        #[arg(value_name = "MODEL")]
        model: Option<String>,
    },
    /// Show what this machine has to compute with: processor and graphics cards, with their memory
    Devices {
        /// Print them as JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the man page
    Man,
    /// Print completions for a shell
    ShellCompletions {
        /// The shell
        shell: Shell,
    },
}

#[derive(Debug, Args)]
pub(crate) struct CompleteArgs {
    /// Where: line and column count from 1, as compilers print them; the column counts characters
    #[arg(value_name = "FILE:LINE:COL")]
    pub(crate) place: String,
    /// Print the prompt, with the tokens of each part, before the suggestion
    #[arg(long)]
    pub(crate) prompt: bool,
    /// Print all of it as one JSON object
    #[arg(long, conflicts_with_all = ["prompt", "show_code"])]
    pub(crate) json: bool,
    /// Print the code before the cursor too, the suggestion set apart by colour, and the figures
    #[arg(long)]
    pub(crate) show_code: bool,
    /// How many different suggestions
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=8))]
    pub(crate) suggestions: u32,
    /// The model, by name or as the path of a .gguf file
    #[arg(long, value_name = "NAME")]
    pub(crate) model: Option<String>,
}

/// What follows the help of `weft chat`.
const CHAT_HELP: &str = "\
A message may mention what belongs to it: @src/main.rs, @src/main.rs:10-40, @src/, @MyClass.method, @diff, @commit:HEAD~1, @tree,
@search:text, @repo, @codebase. `@` and Tab complete them. /help shows the commands.

  weft chat                                   a conversation
  weft chat 'what does @src/main.rs do?'      one answer
  git log -5 | weft chat 'summarise this'     with text from another program";

#[derive(Debug, Args)]
pub(crate) struct ChatArgs {
    /// The question; without one it is asked on the terminal, or read from stdin
    #[arg(value_name = "QUESTION")]
    pub(crate) question: Vec<String>,
    /// The model, by name or as the path of a .gguf file
    #[arg(long, value_name = "NAME")]
    pub(crate) model: Option<String>,
    /// Go on with a conversation: its number, or `last`
    #[arg(long, value_name = "ID")]
    pub(crate) session: Option<String>,
    /// List the conversations
    #[arg(long, conflicts_with_all = ["question", "session"])]
    pub(crate) list: bool,
    /// Print the answer as one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// What follows the help of `weft ui`.
const UI_HELP: &str = "\
The page is served by `weft serve --port`, which is started in the background if it does not run; `weft stop` ends it. The address
that is printed holds a key: whoever has it can read the folder's files through the page.";

#[derive(Debug, Args)]
pub(crate) struct UiArgs {
    /// The folder that questions are about (default: the project of the current folder)
    #[arg(value_name = "FOLDER")]
    pub(crate) folder: Option<std::path::PathBuf>,
    /// Where to serve the page, if nothing serves it yet (default 9338, or one that is free)
    #[arg(long, value_name = "N")]
    pub(crate) port: Option<u16>,
    /// Only print the address
    #[arg(long)]
    pub(crate) no_open: bool,
}

#[derive(Debug, Args)]
pub(crate) struct LspArgs {
    /// Accepted because many editors pass it; stdio is all there is
    #[arg(long, hide = true)]
    pub(crate) stdio: bool,
    /// The model, by name or as the path of a .gguf file
    #[arg(long, value_name = "NAME")]
    pub(crate) model: Option<String>,
}

/// What follows the help of `weft serve`.
const SERVE_HELP: &str = "\
With --port other programs use the same models, in the APIs of OpenAI (/v1), Ollama (/api) and llama-server (/infill):

  weft serve --port 8080                                        for this machine
  weft serve --port 11434                                       where Ollama's clients look
  WEFT_API_KEY=… weft serve --port 8080 --host 0.0.0.0          for the network, with a key

docs/api.md says how to point llama.vim, llama.vscode, Zed, Open WebUI and aider at it.";

#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// Leave after so many seconds without work (default 900); with --port only the models leave
    #[arg(long, value_name = "N")]
    pub(crate) idle_seconds: Option<u64>,
    /// Turn the local API on, at this port; 0 for one that the system picks
    #[arg(long, value_name = "N")]
    pub(crate) port: Option<u16>,
    /// The address to listen at: 0.0.0.0 for the network, which needs a key (default 127.0.0.1)
    #[arg(long, value_name = "ADDRESS", requires = "port")]
    pub(crate) host: Option<IpAddr>,
    /// The key that every request must bear
    #[arg(long, value_name = "KEY", env = "WEFT_API_KEY", hide_env_values = true)]
    pub(crate) api_key: Option<String>,
    /// A further name by which this machine is called, such as host.docker.internal
    #[arg(long, value_name = "NAME", requires = "port")]
    pub(crate) allow_host: Vec<String>,
    /// A web page that may ask, by its origin, such as http://localhost:3000
    #[arg(long, value_name = "ORIGIN", requires = "port")]
    pub(crate) allow_origin: Vec<String>,
    /// The model for requests that name none, by name or as the path of a .gguf file
    #[arg(long, value_name = "NAME")]
    pub(crate) model: Option<String>,
    /// Megabytes that models may take together (default: what is free)
    #[arg(long, value_name = "N", env = "WEFT_MEMORY_MB", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) memory_mb: Option<u64>,
}

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// The model, by name or as the path of a .gguf file
    #[arg(value_name = "MODEL")]
    pub(crate) model: String,
    /// The question; without one it is asked on the terminal, or read from stdin
    #[arg(value_name = "QUESTION")]
    pub(crate) question: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// Print it as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct WhyArgs {
    /// How many requests, newest first
    #[arg(short = 'n', long, value_name = "N", default_value_t = 5)]
    pub(crate) last: usize,
    /// Print them as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print what is in force in the current folder
    Show {
        /// Print where each value comes from
        #[arg(long)]
        origin: bool,
        /// Print it as JSON, with the problems that were found
        #[arg(long)]
        json: bool,
    },
    /// Print the path of your own configuration file
    Path,
    /// Print the JSON schema of the configuration file
    Schema,
    /// Take over Continue's config.yaml, or the models of a running Ollama, into your own configuration file
    Import {
        /// Continue's file (default ~/.continue/config.yaml)
        #[arg(value_name = "FILE")]
        file: Option<std::path::PathBuf>,
        /// Take over the models of the Ollama at this address instead
        #[arg(long, value_name = "URL", num_args = 0..=1, default_missing_value = "http://127.0.0.1:11434", conflicts_with = "file")]
        ollama: Option<String>,
        /// Print what would be added, and change nothing
        #[arg(long)]
        dry_run: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Store an engine's key, typed on the terminal or piped in
    Set {
        /// The engine, by the name of its section
        engine: String,
        /// Keep it in the system's keyring instead of a file that only you can read
        #[arg(long)]
        keyring: bool,
    },
    /// Print which engine has its key where, without the keys
    List,
    /// Remove a stored key
    Remove {
        /// The engine
        engine: String,
    },
}

/// What follows the help of `weft models pull`.
const PULL_HELP: &str = "\
A model is named as `weft models list` has it, or by its repository on Hugging Face:

  weft models pull qwen2.5-coder-7b
  weft models pull hf:bartowski/Qwen2.5-Coder-7B-GGUF           the quantisation that fits, Q4_K_M first
  weft models pull hf:bartowski/Qwen2.5-Coder-7B-GGUF:Q6_K      this one

HF_TOKEN is the token for gated repositories, HF_ENDPOINT a mirror.";

/// What follows the help of `weft models import`.
const IMPORT_HELP: &str = "\
A file gets a second name in the folder of models where the disk can do that, else a link. Ollama's models are read where they are and called
ollama:NAME:TAG; Weft never writes there.";

#[derive(Debug, Subcommand)]
pub(crate) enum ModelsCommand {
    /// Fetch a model, or go on with a broken download
    #[command(after_help = PULL_HELP)]
    Pull {
        /// The model; the default one if left out
        #[arg(value_name = "MODEL")]
        name: Option<String>,
        /// Print the progress as lines of JSON
        #[arg(long)]
        json: bool,
    },
    /// List the models that Weft knows and those on this machine
    List {
        /// Print them as JSON
        #[arg(long)]
        json: bool,
    },
    /// Show what is known of a model, and whether it fits into this machine
    Show {
        /// The model
        #[arg(value_name = "MODEL")]
        name: String,
        /// Print whether it fits as JSON
        #[arg(long)]
        json: bool,
    },
    /// Search Hugging Face for repositories with models in GGUF
    Search {
        /// Words that the name must have
        #[arg(value_name = "WORDS", required = true)]
        words: Vec<String>,
        /// How many repositories at most
        #[arg(short = 'n', long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=100))]
        limit: u16,
        /// Print them as JSON
        #[arg(long)]
        json: bool,
    },
    /// Take over a GGUF file, or all models of an Ollama on this machine, without a copy
    #[command(after_help = IMPORT_HELP)]
    Import {
        /// The file, or `ollama`
        #[arg(value_name = "FILE|ollama")]
        what: std::path::PathBuf,
        /// The model's name; the file's own if left out
        #[arg(long, value_name = "NAME", conflicts_with = "from")]
        name: Option<String>,
        /// Leave the file where it is, even where a second name for it would do
        #[arg(long)]
        in_place: bool,
        /// Where Ollama keeps its models, if not in its usual place
        #[arg(long, value_name = "FOLDER")]
        from: Option<std::path::PathBuf>,
    },
    /// Print the path of a model's file
    Path {
        /// The model
        name: String,
    },
    /// Give a model a second name
    Cp {
        /// The model
        name: String,
        /// The second name
        other: String,
    },
    /// Remove a model's file
    Rm {
        /// The model
        name: String,
    },
}
