//! Folders where programs do not belong: temporary ones, which anybody may write to, and hidden ones, which nobody sees.
use assize_domain::text::DevicePath;

/// What is odd about where a path lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Ordinary,
    /// A temporary folder.
    Temp,
    /// Hidden inside a temporary folder.
    HiddenTemp,
    /// Hidden where neither tools nor projects keep their hidden folders.
    Hidden,
    /// In a hidden folder of a home that belongs to no tool we know. Homes are full of them.
    HomeTool,
}

impl Place {
    pub fn is_temp(self) -> bool {
        matches!(self, Self::Temp | Self::HiddenTemp)
    }
}

/// Temporary folders; `*` is any one name.
const TEMP: [&[&str]; 8] = [
    &["tmp"],
    &["var", "tmp"],
    &["dev", "shm"],
    &["run", "shm"],
    &["run", "lock"],
    &["var", "lock"],
    &["run", "user", "*"],
    &["var", "crash"],
];

/// The same, inside a home.
const HOME_TEMP: [&[&str]; 2] = [&[".cache"], &[".local", "share", "Trash"]];

/// Hidden folders that projects and their tools make anywhere and run programs from.
const OF_PROJECTS: [&str; 35] = [
    ".bin",
    ".build",
    ".bundle",
    ".cargo",
    ".conda",
    ".devenv",
    ".direnv",
    ".env",
    ".eggs",
    ".git",
    ".gradle",
    ".local",
    ".mvn",
    ".next",
    ".npm",
    ".nox",
    ".nuxt",
    ".nvm",
    ".nx",
    ".output",
    ".pixi",
    ".pnpm",
    ".pyenv",
    ".rbenv",
    ".rustup",
    ".rvm",
    ".svelte-kit",
    ".terraform",
    ".tox",
    ".turbo",
    ".uv",
    ".venv",
    ".virtualenvs",
    ".yarn",
    ".zig-cache",
];

/// Hidden folders of a home from which well-known tools run programs.
const OF_HOMES: [&str; 61] = [
    ".acme.sh",
    ".android",
    ".asdf",
    ".bun",
    ".cabal",
    ".cargo",
    ".codeium",
    ".composer",
    ".conda",
    ".config",
    ".cursor",
    ".cursor-server",
    ".deno",
    ".docker",
    ".dotnet",
    ".dropbox-dist",
    ".emacs.d",
    ".espressif",
    ".flutter",
    ".fly",
    ".foundry",
    ".fzf",
    ".gem",
    ".ghcup",
    ".go",
    ".gvm",
    ".jabba",
    ".jbang",
    ".julia",
    ".juliaup",
    ".krew",
    ".linuxbrew",
    ".local",
    ".mamba",
    ".mise",
    ".nix-profile",
    ".npm-global",
    ".npm-packages",
    ".nvm",
    ".oh-my-zsh",
    ".opam",
    ".platformio",
    ".pulumi",
    ".pyenv",
    ".rbenv",
    ".rustup",
    ".rvm",
    ".rye",
    ".sdkman",
    ".stack",
    ".steam",
    ".tmux",
    ".var",
    ".vim",
    ".virtualenvs",
    ".volta",
    ".vscode",
    ".vscode-server",
    ".windsurf",
    ".wine",
    ".yarn",
];

/// Beginnings of hidden names that browsers and tools make in temporary folders.
const OF_TEMP: [&str; 3] = [".org.chromium.", ".com.google.Chrome.", ".com.microsoft.Edge."];

pub fn place(path: &DevicePath) -> Place {
    let parts: Vec<&str> = path.as_str().split('/').filter(|p| !p.is_empty()).collect();
    if let Some(inside) = home(&parts) {
        return place_in_home(inside);
    }
    if let Some(rest) = below(&parts, &TEMP) {
        return temp(rest);
    }
    let unknown = |p: &&&str| hidden(p) && !OF_PROJECTS.contains(p) && !OF_HOMES.contains(p);
    if parts.iter().any(|p| unknown(&p)) { Place::Hidden } else { Place::Ordinary }
}

fn place_in_home(inside: &[&str]) -> Place {
    if let Some(rest) = below(inside, &HOME_TEMP) {
        return temp(rest);
    }
    let known = |at: usize, p: &str| OF_PROJECTS.contains(&p) || (at == 0 && OF_HOMES.contains(&p));
    let mut hidden_parts = inside.iter().enumerate().filter(|(at, p)| hidden(p) && !known(*at, p)).map(|(at, _)| at);
    match hidden_parts.next() {
        None => Place::Ordinary,
        // Hidden once more inside a folder that is hidden already.
        Some(at) if inside[..at].iter().any(|p| hidden(p)) || hidden_parts.next().is_some() => Place::Hidden,
        Some(_) => Place::HomeTool,
    }
}

fn temp(rest: &[&str]) -> Place {
    let known = |p: &str| OF_PROJECTS.contains(&p) || OF_TEMP.iter().any(|k| p.starts_with(k)) || is_scratch(p);
    if rest.iter().any(|p| hidden(p) && !known(p)) { Place::HiddenTemp } else { Place::Temp }
}

/// `.tmp` and six letters or digits: what a widespread library calls its temporary folders.
fn is_scratch(part: &str) -> bool {
    part.strip_prefix(".tmp").is_some_and(|r| r.len() == 6 && r.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// Directly in a folder for programs, as an installation lays them out.
pub fn in_program_folder(path: &DevicePath) -> bool {
    let parent = path.as_str().rsplit('/').nth(1).unwrap_or_default();
    matches!(parent, "bin" | "sbin" | "libexec" | "lib" | "shims" | "MacOS")
}

/// Inside the tree of a whole system or installation that was unpacked somewhere: a container's root, a package's content.
pub fn in_unpacked_tree(path: &DevicePath) -> bool {
    let parts: Vec<&str> = path.as_str().split('/').filter(|p| !p.is_empty()).collect();
    let inside = below(&parts, &TEMP).or_else(|| home(&parts)).unwrap_or_default();
    let folders = inside.split_last().map_or(inside, |(_, folders)| folders);
    folders.iter().any(|p| matches!(*p, "usr" | "bin" | "sbin" | "lib" | "lib64" | "libexec"))
}

/// In the home of a person (or of root).
pub fn in_home(path: &DevicePath) -> bool {
    let parts: Vec<&str> = path.as_str().split('/').filter(|p| !p.is_empty()).collect();
    home(&parts).is_some()
}

/// The part of a path below a home.
fn home<'a, 'p>(parts: &'a [&'p str]) -> Option<&'a [&'p str]> {
    match parts {
        ["root", rest @ ..] | ["home", _, rest @ ..] if !rest.is_empty() => Some(rest),
        _ => None,
    }
}

fn below<'a, 'p>(parts: &'a [&'p str], folders: &[&[&str]]) -> Option<&'a [&'p str]> {
    folders.iter().find_map(|folder| {
        let (head, rest) = parts.split_at_checked(folder.len())?;
        let fits = head.iter().zip(*folder).all(|(part, name)| *name == "*" || part == name);
        (fits && !rest.is_empty()).then_some(rest)
    })
}

fn hidden(part: &str) -> bool {
    part.len() > 1 && part.starts_with('.') && part != ".."
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unpacked_system_is_told_by_its_folders() {
        for (path, expected) in [
            ("/tmp/root/usr/lib/systemd/systemd-logind", true),
            ("/tmp/root/sbin/init", true),
            ("/tmp/systemd-logind", false),
            ("/tmp/.x/sshd", false),
            ("/usr/lib/systemd/systemd-logind", false),
        ] {
            assert_eq!(in_unpacked_tree(&DevicePath::from(path)), expected, "{path}");
        }
    }

    #[test]
    fn a_path_is_as_odd_as_its_folders() {
        for (path, expected) in [
            ("/usr/bin/cat", Place::Ordinary),
            ("/opt/acme/bin/acmed", Place::Ordinary),
            ("/srv/shop/.venv/bin/gunicorn", Place::Ordinary),
            ("/var/www/app/.output/server/index.mjs", Place::Ordinary),
            ("/home/ann/.local/bin/tool", Place::Ordinary),
            ("/root/.acme.sh/acme.sh", Place::Ordinary),
            ("/home/ann/shop/node_modules/.bin/vite", Place::Ordinary),
            ("/home/ann/.profile", Place::HomeTool),
            ("/home/ann/.newtool/env", Place::HomeTool),
            ("/home/ann/.local/share/.font/fontd", Place::Hidden),
            ("/home/ann/.config/.a/b", Place::Hidden),
            ("/usr/lib/.x/y", Place::Hidden),
            ("/usr/local/bin/.helper", Place::Hidden),
            ("/tmp/build/prog", Place::Temp),
            ("/tmp/.tmpAb12Cd/prog", Place::Temp),
            ("/run/user/1000/prog", Place::Temp),
            ("/home/ann/.cache/tool/prog", Place::Temp),
            ("/home/ann/.cache/.t/prog", Place::HiddenTemp),
            ("/var/tmp/.cache/prog", Place::HiddenTemp),
            ("/dev/shm/.m/prog", Place::HiddenTemp),
            ("/var/tmp/.prog", Place::HiddenTemp),
            ("/tmp/.tmpAb12Cd/.x/prog", Place::HiddenTemp),
            ("/tmpfiles/prog", Place::Ordinary),
            ("/tmp", Place::Ordinary),
        ] {
            assert_eq!(place(&DevicePath::from(path)), expected, "{path}");
        }
    }
}
