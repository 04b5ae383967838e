//! Tables, which one template writes.

/// A table.
#[derive(Debug)]
pub(in crate::plan) struct Table {
    pub(in crate::plan) caption: String,
    /// What the caption leaves open: units, order.
    pub(in crate::plan) note: String,
    pub(in crate::plan) head: Vec<Cell>,
    pub(in crate::plan) rows: Vec<Row>,
}

/// A row. Its first cell names it.
#[derive(Debug)]
pub(in crate::plan) struct Row {
    /// Whether it is the one that the plan is about.
    pub(in crate::plan) is_chosen: bool,
    pub(in crate::plan) cells: Vec<Cell>,
}

/// A cell.
#[derive(Debug)]
pub(in crate::plan) struct Cell {
    pub(in crate::plan) is_number: bool,
    pub(in crate::plan) text: String,
    /// A smaller line below the text.
    pub(in crate::plan) below: String,
}

pub(in crate::plan) fn word(text: impl Into<String>) -> Cell {
    Cell {
        is_number: false,
        text: text.into(),
        below: String::new(),
    }
}

pub(super) fn number(text: impl Into<String>) -> Cell {
    Cell {
        is_number: true,
        text: text.into(),
        below: String::new(),
    }
}

impl Cell {
    pub(super) fn below(mut self, text: impl Into<String>) -> Self {
        self.below = text.into();
        self
    }
}

impl Table {
    pub(super) fn new(
        caption: impl Into<String>,
        note: impl Into<String>,
        head: Vec<Cell>,
    ) -> Self {
        Self {
            caption: caption.into(),
            note: note.into(),
            head,
            rows: Vec::new(),
        }
    }

    pub(super) fn row(&mut self, cells: Vec<Cell>) {
        self.rows.push(Row {
            is_chosen: false,
            cells,
        });
    }

    pub(super) fn chosen_row(&mut self, cells: Vec<Cell>) {
        self.rows.push(Row {
            is_chosen: true,
            cells,
        });
    }
}
