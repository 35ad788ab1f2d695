//! Modules of the kernel and what loads them.
use super::{
    Work,
    gather::{fact, field, kernel_names},
};
use std::{fmt::Write, path::Path};

pub(super) fn kernel(work: &mut Work<'_>) {
    for path in ["/etc/modules", "/etc/initramfs-tools/modules"] {
        work.system_file("kernel", path.as_bytes(), super::gather::Part::Beginning);
    }
    for folder in ["/etc/modules-load.d", "/etc/modprobe.d"] {
        work.system_folder("kernel", folder.as_bytes());
    }
    if !work.root.is_live() {
        return work.not_running("kernel/modules");
    }
    work.kernel_text("kernel/proc/modules", "/proc/modules");
    // What hides from the list above may still stand here.
    let mut modules = "module\tstate\tsource version\ttaint\tused by\n".to_owned();
    for name in kernel_names("/sys/module") {
        let folder = Path::new("/sys/module").join(&name);
        let Some(state) = fact(folder.join("initstate")) else { continue };
        let word = |file: &str| fact(folder.join(file)).unwrap_or_default();
        let holders = kernel_names(&folder.join("holders").to_string_lossy()).join(" ");
        let _ = writeln!(
            modules,
            "{}\t{state}\t{}\t{}\t{holders}",
            field(name.as_bytes()),
            word("srcversion"),
            word("taint")
        );
    }
    work.text("kernel/modules.tsv", "/sys/module", modules);
}
