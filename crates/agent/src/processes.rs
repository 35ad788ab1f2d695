//! Running processes and what is odd about them.
use crate::examine::Examiner;
use assize_detect::heuristics::process::{Running, findings as oddities, is_interpreter};
use assize_domain::{
    text::DevicePath,
    verdict::{Finding, FindingSource, Weight},
};
use assize_host::look::{
    file::{Kind, real_path},
    process::{SeenProcess, environment},
};

/// What is odd about one process. A container's paths mean something else, so only what the kernel itself says counts there.
pub(crate) fn findings(seen: &SeenProcess, examiner: &Examiner<'_>) -> Vec<Finding> {
    let Some(image) = &seen.image else { return Vec::new() };
    let process = &seen.process;
    if process.container {
        return Vec::new();
    }
    let first = process.arguments.first().map(String::as_str).unwrap_or_default();
    let claims = first.starts_with('/').then(|| real_path(examiner.root, &DevicePath::from(first)).ok()).flatten();
    let owner = examiner.owner(&image.path, None);
    let namesake = examiner.namesake(first.rsplit('/').next().unwrap_or(first));
    oddities(&Running {
        exe: &image.path,
        deleted: process.exe_deleted,
        memory_only: image.memfd,
        replaced: image.same_path_exists && !image.same_file,
        package: owner.as_ref().map(|o| o.package.as_str()),
        arguments: &process.arguments,
        claims: claims.as_ref(),
        namesake: namesake.as_ref(),
        script: process.script.as_ref(),
        interpreter: is_interpreter(image.path.file_name()),
        application_image: is_application_image(seen, examiner),
    })
}

/// An account without rights cannot see which programs others run: that is not known, and said once for each.
pub(crate) fn unseen() -> Finding {
    let text = "This account may not see which program it runs.";
    Finding::new(FindingSource::Analyser, Weight::Unknown, text)
}

/// An AppImage: one file that mounts itself in a temporary folder and runs from there. Its environment names that file,
/// which stands in a place of its own.
fn is_application_image(seen: &SeenProcess, examiner: &Examiner<'_>) -> bool {
    let Some(image) = &seen.image else { return false };
    let path = image.path.as_str();
    if !path.starts_with("/tmp/.mount_") {
        return false;
    }
    let Ok(variables) = environment(seen.process.pid, &seen.process.start_ticks) else { return false };
    let value = |name: &str| variables.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
    let (Some(file), Some(folder)) = (value("APPIMAGE"), value("APPDIR")) else { return false };
    let inside = path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
    let file = DevicePath::from(file);
    let elsewhere = !assize_detect::heuristics::place::place(&file).is_temp();
    inside && elsewhere && examiner.inspector.inspect(&file).is_ok_and(|f| f.kind == Kind::Regular)
}
