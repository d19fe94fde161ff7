//! The images that docs/team/compose.yaml names, made from Debian's archive, in a store of their own in the cache. Nothing is fetched from a
//! registry of images, and what else is on the machine under these names stays as it is.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::cache::Cache;
use crate::{editors, process};

/// The release that the images are of.
const RELEASE: &str = "bookworm";

/// An image of the compose file.
struct Image {
    name: &'static str,
    /// What it has besides the smallest system.
    packages: &'static str,
    /// What the published image says of itself.
    settings: &'static [&'static str],
}

const IMAGES: [Image; 2] = [
    Image { name: "docker.io/library/debian:bookworm-slim", packages: "", settings: &[r#"CMD ["bash"]"#] },
    Image {
        name: "docker.io/library/haproxy:2.6",
        packages: "haproxy",
        settings: &[
            "USER haproxy",
            r#"CMD ["haproxy", "-W", "-db", "-f", "/usr/local/etc/haproxy/haproxy.cfg"]"#,
            "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        ],
    },
];

/// The variables that tell Podman where its store is and how to run containers, each with the file that says so.
pub(crate) type Settings = [(&'static str, PathBuf); 2];

/// runc, for it also knows the older control groups beside the newer ones; and limits that any root may set.
const HOW_TO_RUN: &str = "\
[containers]
default_ulimits = [\"nofile=4096:4096\", \"nproc=4096:4096\"]
[engine]
runtime = \"runc\"
cgroup_manager = \"cgroupfs\"
[network]
network_backend = \"netavark\"
";

/// Makes the images that are not there yet.
pub(crate) fn ensure(cache: &Cache) -> Result<Settings> {
    if !editors::uses_debian() {
        bail!(
            "the images are made of Debian's archive, which this system cannot read. Elsewhere start \
             docs/team/compose.yaml by hand, as it says"
        );
    }
    let folder = cache.editors().join("containers");
    fs::create_dir_all(&folder)?;
    let settings = settings(&folder)?;
    for image in &IMAGES {
        if process::succeeds(podman(&settings).args(["image", "exists", image.name])) {
            continue;
        }
        println!("making the image {} of Debian's archive", image.name);
        make(image, &folder, &settings)
            .with_context(|| format!("the image {} could not be made", image.name))?;
    }
    Ok(settings)
}

fn podman(settings: &Settings) -> Command {
    let mut podman = process::command("podman");
    podman.envs(settings.clone());
    podman
}

fn make(image: &Image, folder: &Path, with: &Settings) -> Result<()> {
    let archive = folder.join("image.tar");
    if archive.exists() {
        fs::remove_file(&archive)?;
    }
    let mut bootstrap = process::command("mmdebstrap");
    bootstrap.args(["--quiet", "--variant=minbase", "--mode=root"]);
    // A mirror may lag behind the date that its list was to be good for.
    bootstrap.arg("--aptopt=Acquire::Check-Valid-Until \"false\"");
    if !image.packages.is_empty() {
        bootstrap.arg(format!("--include={}", image.packages));
    }
    process::run(bootstrap.arg(RELEASE).arg(&archive))?;
    let mut import = podman(with);
    import.args(["import", "--quiet"]);
    for setting in image.settings {
        import.args(["--change", setting]);
    }
    process::run(import.arg(&archive).arg(image.name))?;
    fs::remove_file(&archive).with_context(|| format!("cannot delete {}", archive.display()))
}

/// Writes where the images are kept, and how containers are run.
fn settings(folder: &Path) -> Result<Settings> {
    let store = format!(
        "[storage]\ndriver = \"overlay\"\ngraphroot = \"{0}/images\"\nrunroot = \"{0}/running\"\n",
        folder.display()
    );
    let write = |name: &str, text: &str| {
        let file = folder.join(name);
        fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
        anyhow::Ok(file)
    };
    Ok([
        ("CONTAINERS_STORAGE_CONF", write("storage.conf", &store)?),
        ("CONTAINERS_CONF", write("containers.conf", HOW_TO_RUN)?),
    ])
}
