//! What goes alone, what needs something in its place, and what is a part of something longer.
use super::*;
use std::{io::Write, process::Command};

fn line(text: &str, wanted: &str) -> Alone {
    let start = text.find(wanted).unwrap();
    let end = text[start..].find('\n').map_or(text.len(), |n| start + n + 1);
    let start = text[..start].rfind('\n').map_or(0, |n| n + 1);
    alone(text.as_bytes(), &(start..end))
}

#[test]
fn a_whole_command_goes_alone_wherever_it_stands() {
    for text in [
        "BAD",
        "BAD\n",
        "# 'comment\nBAD\n",
        "a\nBAD &\nb\n",
        "if x; then\n  a\n  BAD\nfi\n",
        "f() {\n  a\n  (BAD 900 >/dev/null 2>&1 &)\n}\n",
        "case $- in\n *i*) ;;\n *) X=1\n  BAD \"$(a 'b)')\"\n  return;;\nesac\n",
        "PS1='${x:+($x)}\\[\\033[01;32m\\]'\nBAD `a b` ${x:-\"y'\"} $((1 + (2)))\nb\n",
        "cat <<'EOF'\nif (\nEOF\nBAD\n",
        "x=(a\nb)\n[[ $x =~ ^(a|b)$ && 1 < 2 ]] || a\nfor i in a b; do c; done\nBAD\n",
        "if a; then b; fi; BAD; while c; do d; done\n",
        "function g {\n:\n}\nfor ((i=0; i<3; i++)); do a; done\nBAD",
        "a &&\n b\nBAD | c\n",
    ] {
        assert_eq!(line(text, "BAD"), Alone::Yes, "{text}");
    }
}

#[test]
fn all_that_a_block_holds_needs_something_in_its_place() {
    for text in [
        "if x; then\n  BAD\nfi\n",
        "if x; then\n a\nelse\n BAD\nfi\n",
        "while x; do\nBAD\ndone\n",
        "f() {\nBAD\n}\n",
        "(\nBAD\n)\n",
        "if x; then\n  # why\n  BAD\nfi\n",
    ] {
        assert_eq!(line(text, "BAD"), Alone::Body, "{text}");
    }
}

#[test]
fn a_part_of_something_longer_does_not_go_alone() {
    for text in [
        "BAD \\\n  900\n",
        "a \\\n  BAD\n",
        "BAD &&\nb\n",
        "a ||\nBAD\n",
        "if BAD; then\n a\nfi\n",
        "if a; then\n b\nelse BAD\n c\nfi\n",
        "if a\nthen BAD\nfi\n",
        "a\nx='\nBAD\n'\n",
        "cat <<EOF\nBAD\nEOF\n",
        "sh <<BAD\na\nBAD\n",
        "BAD() {\n a\n}\n",
        "x=$(\nBAD\n)\n",
        "case x in\n BAD) a;;\nesac\n",
        "fi\nBAD\n",
        "a; }; BAD\n",
    ] {
        assert_eq!(line(text, "BAD"), Alone::No, "{text}");
    }
}

/// Every profile of this machine, line by line, against the shell itself.
#[test]
fn what_is_said_to_go_alone_leaves_text_that_the_shell_still_reads() {
    let reads = |text: &[u8]| {
        let mut bash = Command::new("bash");
        bash.args(["-n", "/dev/stdin"]).stdin(std::process::Stdio::piped()).stderr(std::process::Stdio::null());
        let mut child = bash.spawn().ok()?;
        child.stdin.take()?.write_all(text).ok()?;
        Some(child.wait().ok()?.success())
    };
    let mut files = vec!["/etc/skel/.bashrc".to_owned(), "/etc/bash.bashrc".into(), "/etc/profile".into()];
    files.extend(
        std::fs::read_dir("/etc/profile.d").into_iter().flatten().flatten().map(|e| e.path().display().to_string()),
    );
    let mut tried = 0;
    for file in files {
        let Ok(text) = std::fs::read(&file) else { continue };
        if reads(&text) != Some(true) {
            continue;
        }
        let mut at = 0;
        for piece in text.split_inclusive(|b| *b == b'\n') {
            let range = at..at + piece.len();
            at = range.end;
            let rest = |put: &[u8]| [&text[..range.start], put, &text[range.end..]].concat();
            let left = match alone(&text, &range) {
                Alone::No => continue,
                Alone::Yes => rest(b""),
                Alone::Body => rest(b":\n"),
            };
            tried += 1;
            assert_eq!(reads(&left), Some(true), "{file}: {}", String::from_utf8_lossy(piece));
        }
    }
    if tried == 0 {
        eprintln!("skipped: no profile here that bash reads");
    }
}
