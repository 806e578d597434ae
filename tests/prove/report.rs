use std::fmt;

/// The figures of all proofs.
#[derive(Default)]
pub struct Report {
    proof: &'static str,
    rows: Vec<Row>,
}

struct Row {
    proof: &'static str,
    figure: String,
    goal: String,
    result: String,
    missed: bool,
}

impl Report {
    /// What follows is of this proof.
    pub fn begin(&mut self, proof: &'static str) {
        self.proof = proof;
    }

    /// How many of all did well; all must.
    pub fn all(&mut self, figure: &str, got: usize, of: usize) {
        let result = format!("{got}/{of}");
        self.row(figure, &format!("{of}/{of}"), result, got != of || of == 0);
    }

    /// How often something happened that must not.
    pub fn none(&mut self, figure: &str, got: usize) {
        self.row(figure, "0", got.to_string(), got != 0);
    }

    /// A number that must be at least this, or the proof proved nothing.
    pub fn at_least(&mut self, figure: &str, got: usize, least: usize) {
        self.row(figure, &format!("≥ {least}"), got.to_string(), got < least);
    }

    /// A number that must be no more than this.
    pub fn at_most(&mut self, figure: &str, got: u64, most: u64) {
        self.row(figure, &format!("≤ {most}"), got.to_string(), got > most);
    }

    /// A figure without a bar.
    pub fn note(&mut self, figure: &str, goal: &str, result: impl fmt::Display) {
        self.row(figure, goal, result.to_string(), false);
    }

    /// The proof itself failed.
    pub fn broken(&mut self) {
        self.row("it ran to its end", "yes", "no, see above".to_owned(), true);
    }

    pub fn missed(&self) -> bool {
        self.rows.is_empty() || self.rows.iter().any(|row| row.missed)
    }

    fn row(&mut self, figure: &str, goal: &str, result: String, missed: bool) {
        let result = if missed {
            format!("{result}  MISSED")
        } else {
            result
        };
        let (figure, goal) = (figure.to_owned(), goal.to_owned());
        self.rows.push(Row {
            proof: self.proof,
            figure,
            goal,
            result,
            missed,
        });
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = ["proof", "figure", "goal", "result"].map(str::to_owned);
        let cells = |row: &Row| {
            [
                row.proof.to_owned(),
                row.figure.clone(),
                row.goal.clone(),
                row.result.clone(),
            ]
        };
        let lines: Vec<[String; 4]> = std::iter::once(head)
            .chain(self.rows.iter().map(cells))
            .collect();
        let width = |column: usize| {
            lines
                .iter()
                .map(|line| line[column].chars().count())
                .max()
                .unwrap_or_default()
        };
        let (proof, figure, goal) = (width(0), width(1), width(2));
        for [a, b, c, d] in &lines {
            writeln!(f, "{a:proof$} | {b:figure$} | {c:goal$} | {d}")?;
        }
        Ok(())
    }
}
