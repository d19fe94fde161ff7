//! `cargo xtask setup`: installs what building and testing need, through the system's package manager.
//!
//! It changes nothing before it has said what and why, and it touches no settings: packages only.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Result, bail};

use crate::arguments::Arguments;
use crate::{check, editors, process};

const HELP: &str = "\
Install what building and testing Weft need and this machine lacks.

Usage: cargo xtask setup

Uses apt-get, dnf, pacman, apk or brew; asks for the password through sudo where it must.
Says what it will do before it does it; does nothing where nothing is missing.
";

/// What is needed for: building and running weft, or checking it as CI does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Build,
    /// Building the chat page: npm and nothing else.
    Page,
    /// All tests, those in a window too.
    Test,
    /// A build with Vulkan and its tests.
    Vulkan,
    /// Starting docs/team's containers.
    Containers,
}

/// Something that Weft needs from the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Need {
    Cmake,
    Compiler,
    Make,
    Libclang,
    Python,
    Pip,
    Venv,
    Git,
    Tmux,
    Mmdebstrap,
    Patchelf,
    Npm,
    Dbus,
    Keyring,
    Haproxy,
    Chromium,
    Kerberos,
    Java,
    Intellij,
    Vulkan,
    SpirvHeaders,
    Glslc,
    Lavapipe,
    Podman,
    PodmanNetwork,
    PodmanCompose,
}

/// Needed to build.
const NEEDS_OF_BUILD: [Need; 8] =
    [Need::Cmake, Need::Compiler, Need::Make, Need::Libclang, Need::Python, Need::Pip, Need::Venv, Need::Git];

/// Needed only for tests: editors in a terminal, VS Code and the chat page in a window, the JetBrains plugin, clients of the local API,
/// keyrings, a load balancer.
const NEEDS_OF_TESTS: [Need; 11] = [
    Need::Tmux,
    Need::Mmdebstrap,
    Need::Patchelf,
    Need::Npm,
    Need::Dbus,
    Need::Keyring,
    Need::Haproxy,
    Need::Chromium,
    Need::Kerberos,
    Need::Java,
    Need::Intellij,
];

/// Needed only for a build with Vulkan and its tests.
const NEEDS_OF_VULKAN: [Need; 4] = [Need::Vulkan, Need::SpirvHeaders, Need::Glslc, Need::Lavapipe];

/// Needed only to start docs/team's containers.
const NEEDS_OF_CONTAINERS: [Need; 4] =
    [Need::Mmdebstrap, Need::Podman, Need::PodmanNetwork, Need::PodmanCompose];

/// What is needed for something, in the order in which it is told.
fn needs(purpose: Purpose) -> Vec<Need> {
    let build = NEEDS_OF_BUILD.as_slice();
    match purpose {
        Purpose::Build => build.to_vec(),
        Purpose::Page => vec![Need::Npm],
        Purpose::Test => [build, &NEEDS_OF_TESTS].concat(),
        // mmdebstrap for newer headers.
        Purpose::Vulkan => [build, &[Need::Mmdebstrap], &NEEDS_OF_VULKAN].concat(),
        Purpose::Containers => NEEDS_OF_CONTAINERS.to_vec(),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PackageManager {
    AptGet,
    Dnf,
    Pacman,
    Apk,
    Brew,
}

const PACKAGE_MANAGERS: [PackageManager; 5] = [
    PackageManager::AptGet,
    PackageManager::Dnf,
    PackageManager::Pacman,
    PackageManager::Apk,
    PackageManager::Brew,
];

/// How package managers are run.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rights {
    /// As the user that runs xtask: root, or brew's owner.
    Own,
    Sudo,
}

pub(crate) fn run(mut arguments: Arguments) -> Result<ExitCode> {
    if arguments.wants_help() {
        print!("{HELP}");
        return Ok(ExitCode::SUCCESS);
    }
    arguments.finish()?;
    ensure(Purpose::Test)?;
    Ok(ExitCode::SUCCESS)
}

/// Installs what `purpose` needs and the machine lacks.
pub(crate) fn ensure(purpose: Purpose) -> Result<()> {
    let missing: Vec<Need> = needs(purpose).into_iter().filter(|need| !present(*need)).collect();
    let components = if purpose == Purpose::Test { missing_rust_components() } else { Vec::new() };
    if missing.is_empty() && components.is_empty() {
        println!("setup: nothing is missing");
        return Ok(());
    }
    if !missing.is_empty() {
        install(&missing)?;
    }
    if !components.is_empty() {
        install_rust_components(&components)?;
    }
    Ok(())
}

fn install(missing: &[Need]) -> Result<()> {
    println!("Weft needs, and this machine lacks:");
    for need in missing {
        println!("  {:<22} {}", name(*need), reason(*need));
    }
    let Some(manager) = PACKAGE_MANAGERS.into_iter().find(|it| process::in_path(program(*it))) else {
        bail!(
            "found none of apt-get, dnf, pacman, apk and brew: install the above by hand, then run this again"
        );
    };
    let root = is_root();
    let rights = if root || manager == PackageManager::Brew { Rights::Own } else { Rights::Sudo };
    let packages = packages(manager, missing);
    let by_hand = self::by_hand(manager, &packages, rights);
    if rights == Rights::Sudo && !process::in_path("sudo") {
        bail!(
            "installing needs root, and there is no sudo here. Run as root:\n{by_hand}\nthen run this again"
        );
    }
    println!("Installing now:\n{by_hand}");
    let commands = commands(manager, &packages, rights);
    for (index, mut command) in commands.into_iter().enumerate() {
        let Err(error) = process::run(&mut command) else { continue };
        // A package list that cannot be refreshed may still be good enough to install from.
        if index == 0 && manager == PackageManager::AptGet {
            println!("{error}; going on with the package list that is there");
            continue;
        }
        bail!("{error}\nTo install by hand:\n{by_hand}\nthen run this again");
    }
    let still: Vec<&str> = missing.iter().filter(|need| !present(**need)).map(|need| name(*need)).collect();
    if !still.is_empty() {
        bail!(
            "the packages were installed, but still not found: {}. Install by hand, then run this again",
            still.join(", ")
        );
    }
    Ok(())
}

fn name(need: Need) -> &'static str {
    match need {
        Need::Cmake => "cmake",
        Need::Compiler => "C and C++ compiler",
        Need::Make => "make",
        Need::Libclang => "libclang",
        Need::Python => "python3",
        Need::Pip => "pip",
        Need::Venv => "Python's venv",
        Need::Git => "git",
        Need::Tmux => "tmux",
        Need::Mmdebstrap => "mmdebstrap",
        Need::Patchelf => "patchelf",
        Need::Npm => "npm",
        Need::Dbus => "D-Bus",
        Need::Keyring => "GNOME Keyring",
        Need::Haproxy => "HAProxy",
        Need::Chromium => "Chromium",
        Need::Kerberos => "Kerberos' headers",
        Need::Java => "a JDK",
        Need::Intellij => "IntelliJ's API",
        Need::Vulkan => "Vulkan's headers",
        Need::SpirvHeaders => "SPIR-V's headers",
        Need::Glslc => "glslc",
        Need::Lavapipe => "Mesa's Vulkan drivers",
        Need::Podman => "Podman",
        Need::PodmanNetwork => "Podman's network",
        Need::PodmanCompose => "podman-compose",
    }
}

fn reason(need: Need) -> &'static str {
    match need {
        Need::Cmake | Need::Make => "builds llama.cpp, which runs the models",
        Need::Compiler => "compiles llama.cpp and the grammars",
        Need::Libclang => "reads llama.cpp's headers for its Rust binding",
        Need::Python => "runs pip and the end-to-end tests",
        Need::Pip => "fetches models where Hugging Face cannot be reached",
        Need::Venv => "keeps the end-to-end tests' packages away from the system's",
        Need::Git => "lists the files that `cargo xtask tidy` checks",
        Need::Tmux => "is the terminal in which tests drive editors",
        Need::Mmdebstrap => "unpacks editors of a newer Debian for the tests",
        Need::Patchelf => "lets these run beside the system's libraries",
        Need::Npm => {
            "builds the chat page and the VS Code extension, and fetches VS Code, Kotlin and clients of the local API for tests"
        }
        Need::Chromium => "is the window of VS Code and of the chat page in their tests",
        Need::Kerberos => "compiles a package that VS Code's server needs",
        Need::Java => "runs LSP4J and the Kotlin compiler, for the tests of the JetBrains side",
        Need::Intellij => "is what the JetBrains plugin is compiled against in tests",
        Need::Dbus => "is the way to the keyring in tests",
        Need::Keyring => "keeps keys in tests",
        Need::Haproxy => "stands before several engines in tests",
        Need::Vulkan | Need::SpirvHeaders => "compiles llama.cpp for Vulkan",
        Need::Glslc => "compiles llama.cpp's shaders",
        Need::Lavapipe => "is a graphics card in software, for tests",
        Need::Podman => "runs the containers of docs/team",
        Need::PodmanNetwork => "lets these find each other by their names",
        Need::PodmanCompose => "reads docs/team's compose file",
    }
}

fn present(need: Need) -> bool {
    let python = |arguments: &[&str]| process::succeeds(Command::new("python3").args(arguments));
    match need {
        Need::Cmake => process::in_path("cmake"),
        Need::Compiler => {
            let c = process::in_path("cc") || process::in_path("gcc") || process::in_path("clang");
            c && (process::in_path("c++") || process::in_path("g++") || process::in_path("clang++"))
        }
        Need::Make => process::in_path("make") || process::in_path("ninja"),
        Need::Libclang => has_libclang(),
        Need::Python => python(&["--version"]),
        Need::Pip => python(&["-m", "pip", "--version"]),
        Need::Venv => python(&["-c", "import venv, ensurepip"]),
        Need::Git => process::in_path("git"),
        Need::Tmux => process::in_path("tmux"),
        // Elsewhere the tests take the editors that are on the PATH.
        Need::Mmdebstrap => !editors::uses_debian() || process::in_path("mmdebstrap"),
        Need::Patchelf => !editors::uses_debian() || process::in_path("patchelf"),
        Need::Npm => process::in_path("npm"),
        // Other systems have keyrings that cannot be started for a test.
        Need::Dbus => !cfg!(target_os = "linux") || process::in_path("dbus-daemon"),
        Need::Keyring => !cfg!(target_os = "linux") || process::in_path("gnome-keyring-daemon"),
        Need::Haproxy => in_path_or_sbin("haproxy"),
        Need::Chromium => editors::has_chromium(),
        Need::Kerberos => has_kerberos(),
        // The command of macOS is there without a JDK.
        Need::Java => process::succeeds(Command::new("javac").arg("-version")),
        Need::Intellij => editors::has_intellij(),
        Need::Vulkan => has_header("vulkan/vulkan.h"),
        Need::SpirvHeaders => has_header("spirv/unified1/spirv.hpp"),
        Need::Glslc => process::in_path("glslc"),
        Need::Lavapipe => check::lavapipe().is_some(),
        Need::Podman => process::in_path("podman") && in_path_or_sbin("runc"),
        Need::PodmanNetwork => {
            let folders = ["/usr/lib/podman", "/usr/libexec/podman", "/usr/local/libexec/podman"];
            let has = |program: &str| folders.iter().any(|folder| Path::new(folder).join(program).is_file());
            has("netavark") && has("aardvark-dns") && in_path_or_sbin("iptables")
        }
        Need::PodmanCompose => process::in_path("podman-compose"),
    }
}

/// Where only root's shells look.
fn in_path_or_sbin(program: &str) -> bool {
    process::in_path(program) || Path::new("/usr/sbin").join(program).is_file()
}

fn has_kerberos() -> bool {
    // macOS has them in its own headers.
    cfg!(target_os = "macos") || has_header("gssapi/gssapi.h") || has_header("gssapi.h")
}

fn has_header(name: &str) -> bool {
    let folders = ["/usr/include", "/usr/local/include", "/opt/homebrew/include"];
    folders.iter().any(|folder| Path::new(folder).join(name).is_file())
}

/// bindgen needs the library and, beside it, clang's own headers (stddef.h and the like).
fn has_libclang() -> bool {
    if std::env::var_os("LIBCLANG_PATH").is_some() {
        return true;
    }
    let libraries = library_folders();
    let library = libraries.iter().any(|folder| {
        file_names(folder).iter().any(|name| {
            let versioned = name.starts_with("libclang.so") || name.starts_with("libclang-");
            (versioned && name.contains(".so")) || name == "libclang.dylib"
        })
    });
    let headers = libraries.iter().any(|folder| {
        let versions = children(&folder.join("clang"));
        versions.iter().any(|version| version.join("include/stddef.h").is_file())
    });
    library && headers
}

/// Where systems keep libclang: the usual folders, one a machine type, one an LLVM version.
fn library_folders() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = ["/usr/lib", "/usr/lib64", "/usr/local/lib"].map(PathBuf::from).into();
    folders.push("/Library/Developer/CommandLineTools/usr/lib".into());
    folders.push(
        "/Applications/Xcode.app/Contents/Developer/Toolchains/XcodeDefault.xctoolchain/usr/lib".into(),
    );
    folders.push("/opt/homebrew/opt/llvm/lib".into());
    folders.push("/usr/local/opt/llvm/lib".into());
    for child in children(Path::new("/usr/lib")).into_iter().chain(children(Path::new("/usr/lib64"))) {
        let name = child.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with("llvm") {
            folders.push(child.join("lib"));
            folders.push(child.join("lib64"));
        } else if name.contains("-linux-") {
            folders.push(child);
        }
    }
    folders
}

fn children(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    entries.flatten().map(|entry| entry.path()).collect()
}

fn file_names(folder: &Path) -> Vec<String> {
    let names = children(folder).into_iter();
    names.filter_map(|path| Some(path.file_name()?.to_str()?.to_owned())).collect()
}

fn is_root() -> bool {
    let id = process::capture(Command::new("id").arg("-u"));
    id.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

fn program(manager: PackageManager) -> &'static str {
    match manager {
        PackageManager::AptGet => "apt-get",
        PackageManager::Dnf => "dnf",
        PackageManager::Pacman => "pacman",
        PackageManager::Apk => "apk",
        PackageManager::Brew => "brew",
    }
}

/// The packages that bring what is missing, each once.
fn packages(manager: PackageManager, missing: &[Need]) -> Vec<&'static str> {
    let mut packages = Vec::new();
    for need in missing {
        for package in packages_for(manager, *need) {
            if !packages.contains(package) {
                packages.push(*package);
            }
        }
    }
    packages
}

fn packages_for(manager: PackageManager, need: Need) -> &'static [&'static str] {
    use PackageManager::{Apk, AptGet, Brew, Dnf, Pacman};
    match (manager, need) {
        (_, Need::Cmake) => &["cmake"],
        (_, Need::Git) => &["git"],
        (_, Need::Tmux) => &["tmux"],
        (_, Need::Mmdebstrap) => &["mmdebstrap"],
        (_, Need::Patchelf) => &["patchelf"],
        (Brew, Need::Npm) => &["node"],
        (Pacman | Apk | AptGet | Dnf, Need::Npm) => &["npm"],
        (AptGet, Need::Vulkan) => &["libvulkan-dev"],
        (Dnf | Pacman | Brew, Need::Vulkan) => &["vulkan-headers", "vulkan-loader"],
        (Apk, Need::Vulkan) => &["vulkan-headers", "vulkan-loader-dev"],
        (Dnf, Need::SpirvHeaders) => &["spirv-headers-devel"],
        (_, Need::SpirvHeaders) => &["spirv-headers"],
        (AptGet | Dnf, Need::Glslc) => &["glslc"],
        (_, Need::Glslc) => &["shaderc"],
        (Pacman, Need::Lavapipe) => &["vulkan-swrast"],
        (Apk, Need::Lavapipe) => &["mesa-vulkan-swrast"],
        (Brew, Need::Lavapipe) => &["mesa"],
        (_, Need::Lavapipe) => &["mesa-vulkan-drivers"],
        // The second is what `init: true` starts a program with.
        (_, Need::Podman) => &["podman", "runc", "catatonit"],
        (_, Need::PodmanNetwork) => &["netavark", "aardvark-dns", "iptables"],
        (_, Need::PodmanCompose) => &["podman-compose"],
        (_, Need::Dbus) => &["dbus"],
        (_, Need::Keyring) => &["gnome-keyring"],
        (_, Need::Haproxy) => &["haproxy"],
        (_, Need::Chromium) => &["chromium"],
        (AptGet, Need::Kerberos) => &["libkrb5-dev"],
        (Dnf, Need::Kerberos) => &["krb5-devel"],
        (Pacman | Brew, Need::Kerberos) => &["krb5"],
        (Apk, Need::Kerberos) => &["krb5-dev"],
        (AptGet, Need::Java) => &["default-jdk-headless"],
        (Dnf, Need::Java) => &["java-latest-openjdk-devel"],
        (Pacman, Need::Java) => &["jdk-openjdk"],
        (Apk, Need::Java) => &["openjdk21-jdk"],
        (Brew, Need::Java) => &["openjdk"],
        (_, Need::Intellij) => {
            &["libintellij-core-java", "libintellij-platform-api-java", "libintellij-platform-impl-java"]
        }
        (AptGet, Need::Compiler) => &["gcc", "g++", "libc6-dev"],
        (Dnf, Need::Compiler) => &["gcc", "gcc-c++", "glibc-devel"],
        (Pacman, Need::Compiler) => &["gcc"],
        (Apk, Need::Compiler) => &["build-base", "linux-headers"],
        (Brew, Need::Compiler) => &["llvm"],
        (_, Need::Make) => &["make"],
        (AptGet, Need::Libclang) => &["libclang-dev"],
        (Dnf, Need::Libclang) => &["clang-devel"],
        (Pacman, Need::Libclang) => &["clang"],
        (Apk, Need::Libclang) => &["clang-dev", "clang-static"],
        (Brew, Need::Libclang) => &["llvm"],
        (Pacman, Need::Python | Need::Venv) => &["python"],
        (Pacman, Need::Pip) => &["python-pip"],
        (Brew, Need::Python | Need::Pip | Need::Venv) => &["python"],
        (AptGet, Need::Venv) => &["python3-venv"],
        (Apk, Need::Pip) => &["py3-pip"],
        (AptGet | Dnf, Need::Pip) => &["python3-pip"],
        (Dnf | Apk, Need::Venv) | (AptGet | Dnf | Apk, Need::Python) => &["python3"],
    }
}

/// What is run, in order; for apt-get the first one refreshes its package list.
fn commands(manager: PackageManager, packages: &[&str], rights: Rights) -> Vec<Command> {
    let before: &[&[&str]] = match manager {
        PackageManager::AptGet => &[&["apt-get", "update"]],
        _ => &[],
    };
    let install: &[&str] = match manager {
        PackageManager::AptGet => {
            &["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-y", "--no-install-recommends"]
        }
        PackageManager::Dnf => &["dnf", "install", "-y"],
        PackageManager::Pacman => &["pacman", "-Sy", "--needed", "--noconfirm"],
        PackageManager::Apk => &["apk", "add"],
        PackageManager::Brew => &["brew", "install"],
    };
    let mut lines: Vec<Vec<&str>> = before.iter().map(|line| line.to_vec()).collect();
    lines.push(install.iter().chain(packages).copied().collect());
    let as_command = |mut line: Vec<&str>| {
        if rights == Rights::Sudo {
            line.insert(0, "sudo");
        }
        let mut words = line.into_iter();
        let mut command = process::command(words.next().unwrap_or_default());
        command.args(words);
        command
    };
    lines.into_iter().map(as_command).collect()
}

fn by_hand(manager: PackageManager, packages: &[&str], rights: Rights) -> String {
    let mut text = String::new();
    for command in commands(manager, packages, rights) {
        let _ = writeln!(text, "  {}", process::shown(&command));
    }
    text.trim_end().to_owned()
}

fn missing_rust_components() -> Vec<&'static str> {
    let here = |component: &str| process::succeeds(process::cargo().args([component, "--version"]));
    [("fmt", "rustfmt"), ("clippy", "clippy")]
        .into_iter()
        .filter(|(subcommand, _)| !here(subcommand))
        .map(|(_, component)| component)
        .collect()
}

fn install_rust_components(components: &[&str]) -> Result<()> {
    println!("This Rust toolchain lacks {}: the checks need them. Adding.", components.join(" and "));
    if !process::in_path("rustup") {
        bail!(
            "there is no rustup here to add them with: install {} the way this toolchain was installed",
            components.join(" and ")
        );
    }
    let mut command = process::command("rustup");
    process::run(command.args(["component", "add"]).args(components))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_need_has_a_package_everywhere_and_none_comes_twice() {
        let every = [needs(Purpose::Test).as_slice(), &NEEDS_OF_VULKAN, &NEEDS_OF_CONTAINERS[1..]].concat();
        for manager in PACKAGE_MANAGERS {
            for &need in &every {
                assert!(!packages_for(manager, need).is_empty(), "{manager:?} {need:?}");
            }
            let mut all = packages(manager, &every);
            let count = all.len();
            all.sort_unstable();
            all.dedup();
            assert_eq!(all.len(), count, "{manager:?}");
        }
    }

    #[test]
    fn the_commands_to_type_are_the_commands_that_are_run() {
        let shown = |manager, rights| by_hand(manager, &["cmake", "git"], rights);
        assert_eq!(
            shown(PackageManager::AptGet, Rights::Sudo),
            "  sudo apt-get update\n  sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y \
             --no-install-recommends cmake git"
        );
        assert_eq!(shown(PackageManager::Dnf, Rights::Own), "  dnf install -y cmake git");
        assert_eq!(shown(PackageManager::Brew, Rights::Own), "  brew install cmake git");
    }
}
