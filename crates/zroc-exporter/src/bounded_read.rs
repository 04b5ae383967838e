//! Reads files that an operator names: within bounds, and without waiting for a pipe.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Read, Take};
use std::iter;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use rustix::fs::OFlags;

/// How much of a file is read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// The longest file.
    pub(crate) file_bytes: u64,
    /// Its longest line.
    pub(crate) line_bytes: u64,
}

/// The whole content. Blocks as long as the file system does.
///
/// # Errors
/// When the file cannot be read, is not a regular file or is longer than `longest_bytes`.
pub(crate) fn read(path: &Path, longest_bytes: u64) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    read_into(path, longest_bytes, &mut content)?;
    Ok(content)
}

/// Like [`read`], into the caller's buffer. The buffer keeps what was read before an error.
///
/// # Errors
/// Those of [`read`].
pub(crate) fn read_into(path: &Path, longest_bytes: u64, content: &mut Vec<u8>) -> io::Result<()> {
    fill(open(path)?, longest_bytes, content)
}

/// Like [`read`], from what is open already. Waits for its writer.
///
/// # Errors
/// When it cannot be read or is longer than `longest_bytes`.
pub(crate) fn read_from(source: impl Read, longest_bytes: u64) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    fill(source, longest_bytes, &mut content)?;
    Ok(content)
}

fn fill(source: impl Read, longest_bytes: u64, content: &mut Vec<u8>) -> io::Result<()> {
    let read = source.take(longest_bytes + 1).read_to_end(content)?;
    if read as u64 > longest_bytes {
        return Err(too_long("it is", longest_bytes));
    }
    Ok(())
}

/// The lines, each without its line feed. Blocks as long as the file system does. The iterator is of no use after an error.
///
/// # Errors
/// When the file cannot be opened, is not a regular file or is too long. The iterator returns an error when the file
/// cannot be read further, or when a line is too long. It ignores what is appended meanwhile beyond the longest file.
pub(crate) fn lines(
    path: &Path,
    Bounds {
        file_bytes,
        line_bytes,
    }: Bounds,
) -> io::Result<impl Iterator<Item = io::Result<Vec<u8>>>> {
    let file = open(path)?;
    if file.metadata()?.len() > file_bytes {
        return Err(too_long("it is", file_bytes));
    }
    let mut file = BufReader::new(file.take(file_bytes));
    Ok(iter::from_fn(move || {
        next_line(&mut file, line_bytes).transpose()
    }))
}

fn next_line(file: &mut BufReader<Take<File>>, longest_bytes: u64) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    let read = file.take(longest_bytes + 1).read_until(b'\n', &mut line)?;
    let is_ended = line.pop_if(|last| *last == b'\n').is_some();
    if read as u64 > longest_bytes && !is_ended {
        return Err(too_long("it has a line", longest_bytes));
    }
    Ok((read > 0).then_some(line))
}

/// Opens a regular file, and waits for nobody.
///
/// A pipe would keep us waiting for a writer, and hands out its content only once. Merely opening a device may start
/// something. So the first look is before the opening, and the second at what was opened, which may be another file.
///
/// # Errors
/// When it cannot be opened or is not a regular file.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    let regular = |is_file: bool| {
        is_file
            .then_some(())
            .ok_or_else(|| invalid("it is no regular file"))
    };
    regular(fs::metadata(path)?.is_file())?;
    let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits();
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(flags.cast_signed())
        .open(path)?;
    regular(file.metadata()?.is_file())?;
    Ok(file)
}

fn too_long(what: &str, longest_bytes: u64) -> io::Error {
    invalid(format!("{what} longer than {} KiB", longest_bytes >> 10))
}

/// Content that cannot be used.
pub(crate) fn invalid(problem: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, problem)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use tempfile::TempDir;

    use super::*;

    const LONGEST_BYTES: u64 = 2 << 10;
    const BOUNDS: Bounds = Bounds {
        file_bytes: 8 << 10,
        line_bytes: LONGEST_BYTES,
    };

    fn file(folder: &TempDir, content: &[u8]) -> std::path::PathBuf {
        let path = folder.path().join("file");
        fs::write(&path, content).unwrap();
        path
    }

    fn text<T>(result: io::Result<T>) -> Result<T, String> {
        result.map_err(|error| error.to_string())
    }

    #[test]
    fn a_content_has_a_bound() {
        let folder = TempDir::new().unwrap();
        let path = file(&folder, &[b'a'; 2 << 10]);
        assert_eq!(read(&path, LONGEST_BYTES).unwrap().len(), 2 << 10);
        let path = file(&folder, &[b'a'; (2 << 10) + 1]);
        let error = text(read(&path, LONGEST_BYTES)).unwrap_err();
        assert_eq!(error, "it is longer than 2 KiB");
    }

    #[test]
    fn a_line_has_a_bound() {
        let folder = TempDir::new().unwrap();
        let full = "a".repeat(2 << 10);
        for (content, wanted) in [
            (String::new(), &[][..]),
            ("a\n\nb".to_owned(), &["a", "", "b"]),
            (format!("{full}\nb\n"), &[full.as_str(), "b"]),
        ] {
            let path = file(&folder, content.as_bytes());
            let lines: io::Result<Vec<_>> = lines(&path, BOUNDS).unwrap().collect();
            let wanted: Vec<_> = wanted.iter().map(|line| line.as_bytes().to_vec()).collect();
            assert_eq!(lines.unwrap(), wanted);
        }
        let path = file(&folder, format!("a\n{full}b").as_bytes());
        let mut lines = lines(&path, BOUNDS).unwrap();
        assert_eq!(text(lines.next().unwrap()), Ok(b"a".to_vec()));
        let error = text(lines.next().unwrap()).unwrap_err();
        assert_eq!(error, "it has a line longer than 2 KiB");
    }

    #[test]
    fn a_file_of_lines_has_a_bound_too() {
        let folder = TempDir::new().unwrap();
        let path = file(&folder, b"");
        let sparse = File::options().write(true).open(&path).unwrap();
        sparse.set_len(3 << 30).unwrap();
        let error = text(lines(&path, BOUNDS).map(drop)).unwrap_err();
        assert_eq!(error, "it is longer than 8 KiB");
        let error = text(read(&path, LONGEST_BYTES)).unwrap_err();
        assert_eq!(error, "it is longer than 2 KiB");
    }

    #[test]
    fn what_is_not_a_regular_file_is_not_opened() {
        let folder = TempDir::new().unwrap();
        let pipe = folder.path().join("pipe");
        let made = Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        for path in [
            pipe.as_path(),
            folder.path(),
            Path::new("/dev/zero"),
            Path::new("/dev/full"),
        ] {
            let refused = Err("it is no regular file".to_owned());
            assert_eq!(text(read(path, LONGEST_BYTES).map(drop)), refused);
            assert_eq!(text(lines(path, BOUNDS).map(drop)), refused);
        }
        let missing = read(&folder.path().join("missing"), LONGEST_BYTES);
        assert_eq!(missing.unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
