//! A drawing, which the template writes as SVG.
//!
//! Across, places are in per cent of the width; down, they are in pixels. So a chart has the width that there is and its
//! text keeps its size. Paths lie in frames that are stretched.

/// A drawing.
#[derive(Debug)]
pub(in crate::plan) struct Chart {
    /// Once in a document.
    pub(in crate::plan) id: &'static str,
    pub(in crate::plan) class: &'static str,
    pub(in crate::plan) height: f64,
    /// What it is.
    pub(in crate::plan) title: String,
    /// What it shows, for those who don't see it.
    pub(in crate::plan) description: String,
    /// What is drawn, from back to front.
    pub(in crate::plan) shapes: Vec<Shape>,
}

/// A part of a drawing.
#[derive(Debug)]
pub(in crate::plan) enum Shape {
    Rect {
        x: f64,
        width: f64,
        y: f64,
        height: f64,
        class: &'static str,
    },
    Line {
        from: (f64, f64),
        to: (f64, f64),
        class: &'static str,
    },
    Text {
        x: f64,
        y: f64,
        /// Pixels to the right.
        shift: f64,
        class: &'static str,
        text: String,
    },
    /// Paths in a frame of the full width.
    Frame {
        y: f64,
        height: f64,
        /// Units across.
        units: f64,
        paths: Vec<Path>,
    },
    Dot {
        x: f64,
        y: f64,
    },
    Diamond {
        x: f64,
        y: f64,
    },
}

/// A path in the units of its frame.
#[derive(Debug)]
pub(in crate::plan) struct Path {
    pub(in crate::plan) class: &'static str,
    pub(in crate::plan) data: String,
}

impl Chart {
    pub(super) fn new(id: &'static str, class: &'static str, height: f64) -> Self {
        Self {
            id,
            class,
            height,
            title: String::new(),
            description: String::new(),
            shapes: Vec::new(),
        }
    }

    pub(super) fn rect(&mut self, x: f64, width: f64, y: f64, height: f64, class: &'static str) {
        if width > 0.0 && height > 0.0 {
            self.shapes.push(Shape::Rect {
                x,
                width,
                y,
                height,
                class,
            });
        }
    }

    pub(super) fn line(&mut self, from: (f64, f64), to: (f64, f64), class: &'static str) {
        self.shapes.push(Shape::Line { from, to, class });
    }

    pub(super) fn text(
        &mut self,
        (x, y): (f64, f64),
        shift: f64,
        class: &'static str,
        text: impl Into<String>,
    ) {
        self.shapes.push(Shape::Text {
            x,
            y,
            shift,
            class,
            text: text.into(),
        });
    }

    pub(super) fn frame(&mut self, y: f64, height: f64, units: f64, paths: Vec<Path>) {
        let paths = paths.into_iter().filter(|path| !path.data.is_empty());
        self.shapes.push(Shape::Frame {
            y,
            height,
            units,
            paths: paths.collect(),
        });
    }
}

/// Points that a path joins.
#[derive(Debug, Default)]
pub(super) struct PathData(String);

impl PathData {
    /// Begins a new piece.
    pub(super) fn move_to(&mut self, x: f64, y: f64) {
        self.add('M', x, y);
    }

    pub(super) fn line_to(&mut self, x: f64, y: f64) {
        self.add('L', x, y);
    }

    pub(super) fn close(&mut self) {
        self.0.push('Z');
    }

    pub(super) fn path(self, class: &'static str) -> Path {
        Path {
            class,
            data: self.0,
        }
    }

    fn add(&mut self, command: char, x: f64, y: f64) {
        use std::fmt::Write as _;
        let _ = write!(self.0, "{command}{x:.1} {y:.1}");
    }
}
