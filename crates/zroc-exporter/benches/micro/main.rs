//! What a cycle spends its time with, piece by piece.
//!
//! `cargo bench --package zroc-exporter` times the pieces. With `--run NAME COUNT` one of them is run this number of times and
//! nothing else, for counters of instructions; `--list` names them with the bytes that each takes in.

#![allow(clippy::unwrap_used, reason = "a benchmark fails by panicking")]
#![allow(
    clippy::print_stdout,
    reason = "the list of pieces is what was asked for"
)]
#![allow(missing_docs, reason = "a program of its own")]

mod answers;
mod pieces;

use std::hint::black_box;

use criterion::{Criterion, Throughput};

use crate::pieces::Piece;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["--list"] => {
            for (name, prepare) in pieces::ALL {
                println!("{name} {}", prepare().bytes);
            }
        }
        ["--run", name, count] => {
            let (_, prepare) = pieces::ALL.iter().find(|(it, _)| it == name).unwrap();
            let mut piece = prepare();
            for _ in 0..count.parse().unwrap() {
                black_box((piece.run)());
            }
        }
        _ => time_all(),
    }
}

fn time_all() {
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("pieces");
    for (name, prepare) in pieces::ALL {
        let Piece { bytes, mut run } = prepare();
        group.throughput(Throughput::Bytes(bytes));
        group.bench_function(name, |bencher| bencher.iter(|| black_box(run())));
    }
    group.finish();
    criterion.final_summary();
}
