//! Prints results, batch by batch as they come; a table for people is printed whole.

use std::io::{self, Write};

use datafusion::arrow::csv;
use datafusion::arrow::json;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::arrow::util::pretty::pretty_format_batches_with_schema;
use datafusion::error::DataFusionError;
use datafusion::physical_plan::SendableRecordBatchStream;
use futures::StreamExt;

use super::cli::Format;
use super::error::CliError;

/// Prints one result.
pub(crate) struct Printer(Format);

impl Printer {
    pub(crate) fn new(format: Format) -> Self {
        Self(format)
    }

    /// Prints what the stream gives; a reader that went away, as in `… | head -1`, is no error.
    pub(crate) async fn print(self, stream: SendableRecordBatchStream) -> Result<(), CliError> {
        let printed = match self.0 {
            Format::Table => print_table(stream).await,
            Format::Csv => print_csv(stream).await,
            Format::Json => print_json(stream).await,
        };
        unless_reader_left(printed)
    }
}

/// What printing came to; a reader that went away is no error.
pub(crate) fn unless_reader_left(printed: Result<(), CliError>) -> Result<(), CliError> {
    match printed {
        Err(CliError::Stdout(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

async fn print_table(mut stream: SendableRecordBatchStream) -> Result<(), CliError> {
    let schema = stream.schema();
    let mut batches: Vec<RecordBatch> = Vec::new();
    while let Some(batch) = stream.next().await {
        batches.push(batch?);
    }
    let table =
        pretty_format_batches_with_schema(schema, &batches).map_err(DataFusionError::from)?;
    writeln!(io::stdout(), "{table}").map_err(CliError::Stdout)
}

async fn print_csv(mut stream: SendableRecordBatchStream) -> Result<(), CliError> {
    // A result without rows has a header all the same.
    let mut header = vec![RecordBatch::new_empty(stream.schema())];
    let mut is_first = true;
    loop {
        let batch = match header.pop() {
            Some(empty) => empty,
            None => match stream.next().await {
                Some(batch) => batch?,
                None => return Ok(()),
            },
        };
        let mut text = Vec::new();
        let mut writer = csv::WriterBuilder::new()
            .with_header(is_first)
            .build(&mut text);
        writer.write(&batch).map_err(DataFusionError::from)?;
        drop(writer);
        io::stdout().write_all(&text).map_err(CliError::Stdout)?;
        is_first = false;
    }
}

async fn print_json(mut stream: SendableRecordBatchStream) -> Result<(), CliError> {
    let builder = json::WriterBuilder::new().with_explicit_nulls(true);
    let mut writer = builder.build::<_, json::writer::JsonArray>(Vec::new());
    while let Some(batch) = stream.next().await {
        writer.write(&batch?).map_err(DataFusionError::from)?;
    }
    writer.finish().map_err(DataFusionError::from)?;
    let mut text = writer.into_inner();
    text.push(b'\n');
    io::stdout().write_all(&text).map_err(CliError::Stdout)
}
