//! What an operator can do about a file that cannot be replaced, or about totals that cannot be read.

use std::io::{self, ErrorKind};

/// What an operator can do about a file that cannot be replaced.
pub(crate) fn cure(error: ErrorKind) -> &'static str {
    match error {
        ErrorKind::ResourceBusy | ErrorKind::CrossesDevices => {
            "; it is mounted by itself, so it cannot be replaced: mount its folder instead"
        }
        ErrorKind::ReadOnlyFilesystem => "; mount a writable folder there, not the file by itself",
        ErrorKind::PermissionDenied => {
            "; the exporter's user must be allowed to create files in this folder"
        }
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "; make room on this disk",
        ErrorKind::FileTooLarge => {
            "; raise the limit of file sizes (`ulimit -f`, LimitFSIZE= of systemd)"
        }
        ErrorKind::NotFound => "; the folder must exist",
        ErrorKind::NotADirectory => "; a part of this path is a file and must be a folder",
        ErrorKind::IsADirectory => "; remove this folder",
        ErrorKind::InvalidFilename => "; choose a shorter name",
        _ => "",
    }
}

/// What is wrong with a file that no totals were read from, and what an operator can do about it.
pub(crate) fn cure_of_reading(error: &io::Error) -> &'static str {
    match error.kind() {
        ErrorKind::PermissionDenied => {
            "cannot be read; the exporter's user must be allowed to read it"
        }
        ErrorKind::NotADirectory => {
            "cannot be read; a part of its path is a file and must be a folder"
        }
        _ if error.raw_os_error().is_some() => "cannot be read; see to the disk",
        _ => "holds no totals; see to the file",
    }
}

#[cfg(test)]
mod tests {
    use rustix::io::Errno;

    use super::*;
    use crate::bounded_read;

    /// What the kernel answers, as far as a test cannot bring it about: root may write anywhere.
    #[test]
    fn each_refusal_of_the_system_has_its_cure() {
        for (error, cure) in [
            (Errno::BUSY, "mount its folder instead"),
            (Errno::XDEV, "mount its folder instead"),
            (Errno::ROFS, "mount a writable folder there"),
            (Errno::ACCESS, "must be allowed to create files"),
            (Errno::PERM, "must be allowed to create files"),
            (Errno::NOSPC, "make room on this disk"),
            (Errno::DQUOT, "make room on this disk"),
            (Errno::FBIG, "raise the limit of file sizes"),
            (Errno::NAMETOOLONG, "choose a shorter name"),
        ] {
            let said = super::cure(io::Error::from(error).kind());
            assert!(said.contains(cure), "{error}: {said}");
        }
    }

    #[test]
    fn a_file_that_cannot_be_read_is_not_said_to_hold_nothing() {
        for (error, cure) in [
            (Errno::ACCESS.into(), "must be allowed to read it"),
            (Errno::IO.into(), "cannot be read; see to the disk"),
            (bounded_read::invalid("odd"), "holds no totals"),
        ] {
            let said = cure_of_reading(&error);
            assert!(said.contains(cure), "{error}: {said}");
        }
    }
}
