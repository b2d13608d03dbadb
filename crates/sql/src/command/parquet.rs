//! Makes Parquet of `.npy` arrays.

use std::fs::{self, File};
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, PrimitiveArray};
use datafusion::arrow::datatypes::{ArrowPrimitiveType, Float32Type, Float64Type};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::parquet::arrow::ArrowWriter;
use npyz::{DType, NpyFile, Order, TypeChar};

use super::cli::{ParquetArgs, each_name_once};
use super::error::CliError;

/// The longest header that is read. NumPy itself stops at 10,000 bytes.
const MAX_HEADER: u64 = 1 << 16;
/// How many brackets a header may have: those of plain arrays have two. The parser's time grows exponentially with
/// their nesting.
const MAX_BRACKETS: usize = 8;

/// Writes the arrays as the columns of a table.
pub(crate) fn write(args: &ParquetArgs) -> Result<(), CliError> {
    each_name_once(args.columns.iter().map(|(name, _)| name))?;
    let columns = args.columns.iter();
    let columns = columns.map(|(name, path)| Ok((name, read(path)?)));
    let columns: Vec<(&String, ArrayRef)> = columns.collect::<Result<_, CliError>>()?;
    let batch = RecordBatch::try_from_iter(columns).map_err(|error| CliError::Input {
        path: args.columns[0].1.clone(),
        reason: format!("{error}: the arrays must have as many elements as each other"),
    })?;
    match args.files {
        None => write_file(&batch, &args.out),
        Some(files) => write_folder(&batch, files.get(), &args.out),
    }
}

fn write_folder(batch: &RecordBatch, files: usize, folder: &Path) -> Result<(), CliError> {
    fs::create_dir(folder).map_err(|error| CliError::Output {
        path: folder.to_owned(),
        reason: format!("{error}; name a new folder"),
    })?;
    let rows = batch.num_rows();
    let written = (0..files).try_for_each(|file| {
        let (start, end) = (rows * file / files, rows * (file + 1) / files);
        let path = folder.join(format!("part-{file:03}.parquet"));
        write_file(&batch.slice(start, end - start), &path)
    });
    if written.is_err() {
        // Part of a table must not be taken for the whole; what went wrong first is what is told.
        let _ = fs::remove_dir_all(folder);
    }
    written
}

/// Writes beside the target and renames, so that a file that is there is whole.
fn write_file(batch: &RecordBatch, path: &Path) -> Result<(), CliError> {
    let refused = |reason: String| CliError::Output {
        path: path.to_owned(),
        reason,
    };
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    // Temporary files are the owner's alone unless told otherwise; outputs follow the umask.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let file = builder.tempfile_in(folder);
    let mut file = file.map_err(|e| refused(e.to_string()))?;
    let written = ArrowWriter::try_new(&mut file, batch.schema(), None).and_then(|mut writer| {
        writer.write(batch)?;
        writer.close()
    });
    written.map_err(|e| refused(e.to_string()))?;
    file.persist(path).map_err(|e| refused(e.to_string()))?;
    Ok(())
}

/// The elements of an array, row-major.
fn read(path: &PathBuf) -> Result<ArrayRef, CliError> {
    let refused = |reason: String| CliError::Input {
        path: path.clone(),
        reason,
    };
    let mut file = File::open(path).map_err(|e| refused(format!("cannot read: {e}")))?;
    if !is_harmless(&mut file).map_err(|e| refused(format!("cannot read: {e}")))? {
        return Err(refused(
            "expected a .npy file, found another format".to_owned(),
        ));
    }
    let npy = NpyFile::new(BufReader::new(file)).map_err(|e| refused(e.to_string()))?;
    let across = match (npy.order(), npy.shape()) {
        (Order::C, _) | (_, [] | [_]) => None,
        (Order::Fortran, &[rows, columns]) => Some((rows as usize, columns as usize)),
        (Order::Fortran, _) => {
            let reason =
                "expected rows in order, found Fortran's: save numpy.ascontiguousarray(array)";
            return Err(refused(reason.to_owned()));
        }
    };
    let width = match npy.dtype() {
        DType::Plain(plain) if plain.type_char() == TypeChar::Float => plain.size_field(),
        _ => 0,
    };
    match width {
        4 => column::<Float32Type>(npy, across),
        8 => column::<Float64Type>(npy, across),
        _ => Err(format!(
            "expected float32 or float64, found {}: convert it with astype",
            npy.dtype().descr()
        )),
    }
    .map_err(refused)
}

/// The elements row by row; those of so many rows and columns stand column by column in the file.
fn column<T>(
    npy: NpyFile<BufReader<File>>,
    across: Option<(usize, usize)>,
) -> Result<ArrayRef, String>
where
    T: ArrowPrimitiveType,
    T::Native: npyz::Deserialize,
{
    let mut values = npy.into_vec::<T::Native>().map_err(|e| e.to_string())?;
    if let Some((rows, columns)) = across {
        let row_by_row = (0..values.len()).map(|i| values[i % columns * rows + i / columns]);
        values = row_by_row.collect();
    }
    Ok(Arc::new(PrimitiveArray::<T>::from_iter_values(values)))
}

/// Whether a header can be given to the parser, which multiplies the dimensions without a check and
/// follows brackets as deep as they go, and whether the file is as long as any that the header can mean.
fn is_harmless(file: &mut File) -> std::io::Result<bool> {
    let header = header_text(file)?;
    file.seek(SeekFrom::Start(0))?;
    let Some(text) = header else {
        return Ok(false);
    };
    let brackets = text.iter().filter(|byte| b"([{".contains(byte)).count();
    let integers = text.split(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_');
    let mut integers = integers.filter(|word| word.first().is_some_and(u8::is_ascii_digit));
    let elements = integers.try_fold(1_u64, |product, word| {
        let factor: u64 = std::str::from_utf8(word).ok()?.parse().ok()?;
        product.checked_mul(factor)
    });
    let length = file.metadata()?.len();
    Ok(brackets <= MAX_BRACKETS && elements.is_some_and(|count| count <= length))
}

/// The text of the header, as long as the file says; none of what is no `.npy` file.
fn header_text(file: &mut File) -> std::io::Result<Option<Vec<u8>>> {
    let mut start = Vec::new();
    file.by_ref().take(12).read_to_end(&mut start)?;
    let (length, width) = match start[..] {
        [0x93, b'N', b'U', b'M', b'P', b'Y', 1, _, a, b, ..] => {
            (u16::from_le_bytes([a, b]).into(), 2)
        }
        [0x93, b'N', b'U', b'M', b'P', b'Y', _, _, a, b, c, d] => {
            (u32::from_le_bytes([a, b, c, d]), 4)
        }
        _ => return Ok(None),
    };
    if u64::from(length) > MAX_HEADER {
        return Ok(None);
    }
    file.seek(SeekFrom::Start(8 + width))?;
    let mut text = Vec::new();
    file.by_ref().take(length.into()).read_to_end(&mut text)?;
    Ok((text.len() as u64 == u64::from(length)).then_some(text))
}
