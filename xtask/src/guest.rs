//! `cargo xtask guest`: a driver is disabled for real, in a virtual machine with a kernel and modules of its own. Its small
//! system is made in target/guest; it needs no KVM, no root and no network.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::setup;
use crate::shell::{self, Result, cargo, command, find, run, target};

/// A kernel for virtual machines: small, and its modules are files.
const KERNEL: &str = "linux-image-cloud-amd64";
const MODULE: &str = "kernel/drivers/net/dummy.ko";
const PATIENCE: Duration = Duration::from_secs(180);
const INIT: &str = "#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sysfs /sys
/bin/busybox mount -t devtmpfs devtmpfs /dev
/bin/busybox mount -t tmpfs -o size=75% tmpfs /state
/bin/remedies driver /state/own && echo the guest agrees
/bin/busybox poweroff -f
";

pub(crate) fn run_guest() -> Result {
    if std::env::consts::ARCH != "x86_64" {
        println!("skipped: the virtual machine is one for x86-64 only");
        return Ok(());
    }
    setup::guest_tools()?;
    let folder = target().join("guest");
    fs::create_dir_all(&folder)?;
    let kernel = kernel(&folder)?;
    // The same selection as the tests: with another one, everything would be built once more.
    run(cargo().args(["build", "--workspace", "--example", "remedies"]))?;
    let image = image(&folder, &kernel)?;
    let mut guest = command("qemu-system-x86_64");
    guest.args(["-accel", "tcg", "-m", "768", "-nographic", "-no-reboot", "-nic", "none"]);
    guest.arg("-kernel").arg(&kernel.file).arg("-initrd").arg(image);
    guest.args(["-append", "console=ttyS0 quiet panic=-1 assize.guest=1"]);
    guest.stdin(Stdio::null()).stdout(Stdio::piped());
    let begun = Instant::now();
    let mut guest = guest.spawn()?;
    let stdout = guest.stdout.take().ok_or("it says nothing")?;
    let watched = std::thread::spawn(move || {
        let mut agrees = false;
        for line in BufReader::new(stdout).split(b'\n').map_while(std::result::Result::ok) {
            let line = String::from_utf8_lossy(&line).trim().to_owned();
            agrees |= line.ends_with("the guest agrees");
            println!("guest: {line}");
        }
        agrees
    });
    while guest.try_wait()?.is_none() {
        if begun.elapsed() > PATIENCE {
            // It is ours.
            let _ = guest.kill();
            let _ = guest.wait();
            return Err(format!("the virtual machine did not end within {} s", PATIENCE.as_secs()).into());
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    if !watched.join().unwrap_or(false) {
        return Err("the driver was not disabled and enabled as it should: see above".into());
    }
    println!("A real driver was disabled and came back, in {:.0} s.", begun.elapsed().as_secs_f64());
    Ok(())
}

struct Kernel {
    file: PathBuf,
    modules: PathBuf,
    version: String,
}

/// The distribution's, unpacked and not installed.
fn kernel(folder: &Path) -> Result<Kernel> {
    let unpacked = folder.join("kernel");
    if !unpacked.join("boot").is_dir() {
        // What is known of packages may be older than what can be fetched.
        setup::apt(&["update"])?;
        let depends = shell::output(command("apt-cache").args(["depends", KERNEL]))?;
        let package = depends.lines().find_map(|line| line.trim().strip_prefix("Depends: linux-image-"));
        let package = format!("linux-image-{}", package.ok_or("apt knows no kernel for virtual machines")?);
        run(command("apt-get").current_dir(folder).args(["download", "-q", &package]))?;
        let file = first(folder, |name| name.ends_with(".deb")).ok_or("apt-get left no package")?;
        run(command("dpkg-deb").arg("-x").arg(&file).arg(&unpacked))?;
        fs::remove_file(file)?;
    }
    let file = first(&unpacked.join("boot"), |name| name.starts_with("vmlinuz-")).ok_or("the package has no kernel")?;
    let version = file.file_name().unwrap_or_default().to_string_lossy().replacen("vmlinuz-", "", 1);
    Ok(Kernel { file, modules: unpacked.join("lib/modules").join(&version), version })
}

/// The whole system of the virtual machine, as an archive that the kernel unpacks into memory.
fn image(folder: &Path, kernel: &Kernel) -> Result<PathBuf> {
    let root = folder.join("root");
    let _ = fs::remove_dir_all(&root);
    for name in ["bin", "sbin", "etc", "proc", "sys", "dev", "state", "tmp", "run"] {
        fs::create_dir_all(root.join(name))?;
    }
    let ours = root.join("bin/remedies");
    run(command("strip").arg("-o").arg(&ours).arg(target().join("debug/examples/remedies")))?;
    let busybox = find("busybox").ok_or("busybox is not installed")?;
    let kmod = find("kmod").ok_or("kmod is not installed")?;
    fs::copy(busybox, root.join("bin/busybox"))?;
    fs::copy(&kmod, root.join("bin/kmod"))?;
    std::os::unix::fs::symlink("busybox", root.join("bin/sh"))?;
    std::os::unix::fs::symlink("busybox", root.join("bin/false"))?;
    for name in ["modprobe", "rmmod"] {
        std::os::unix::fs::symlink("/bin/kmod", root.join("sbin").join(name))?;
    }
    for program in [&ours, &kmod] {
        let needs = shell::output(command("ldd").arg(program))?;
        for library in needs.split_whitespace().filter(|word| word.starts_with('/')) {
            let place = root.join(library.trim_start_matches('/'));
            fs::create_dir_all(place.parent().unwrap_or(&root))?;
            fs::copy(library, place)?;
        }
    }
    let modules = root.join("lib/modules").join(&kernel.version);
    let module = modules.join(MODULE);
    fs::create_dir_all(module.parent().unwrap_or(&modules))?;
    fs::copy(kernel.modules.join(MODULE), &module)?;
    for list in ["modules.builtin", "modules.order", "modules.builtin.modinfo"] {
        fs::copy(kernel.modules.join(list), modules.join(list))?;
    }
    run(command("depmod").arg("--basedir").arg(&root).arg(&kernel.version))?;
    fs::write(root.join("init"), INIT)?;
    run(command("chmod").arg("755").arg(root.join("init")))?;
    let image = folder.join("image.cpio");
    let pack = format!("find . | cpio --quiet -o -H newc -R 0:0 >'{}'", image.display());
    run(command("sh").current_dir(&root).args(["-c", &pack]))?;
    Ok(image)
}

fn first(folder: &Path, is_it: impl Fn(&str) -> bool) -> Option<PathBuf> {
    let mut entries = fs::read_dir(folder).ok()?.flatten();
    entries.find(|entry| is_it(&entry.file_name().to_string_lossy())).map(|entry| entry.path())
}
