"""Plan a factory from a folder of exported tables.

The folder holds tables as an ERP system exports them, CSV or Excel:

  sales      sku, date, quantity, and price if there is one; a line each; negative is a return
  factory    factory.xlsx (`c2m init factory.xlsx` writes it empty) or factory.toml
  stock      sku, on_hand                       (may be left out: nothing is on hand)
  on_order   sku, ordered, received, due        (may be left out: nothing is on the way)

It leaves plan.xlsx and report.html in c2m-output/example-02. Without a folder it writes a sample of
one beside them and plans that; --write-sample FOLDER writes the sample alone.
"""

# %% What the command line offers.
import argparse
import sys
from pathlib import Path

import pandas as pd

import c2m
from c2m.cli.shown import main_figures, warnings_as_notes
from c2m.datasets import load_journey
from c2m.report import write_report, write_workbook

SUFFIXES = (".csv", ".txt", ".xlsx", ".xlsm")
SALES, STOCK, ON_ORDER = "sales", "stock", "on_order"
NEEDED = {
    SALES: ("sku", "date", "quantity"),
    STOCK: ("sku", "on_hand"),
    ON_ORDER: ("sku", "ordered", "received", "due"),
}
OPTIONAL = {SALES: ("price",), STOCK: (), ON_ORDER: ()}
FILLED = ("sku", "quantity")  # an empty cell in one of these is an error
NUMBERS = ("quantity", "price", "on_hand", "ordered", "received")
DATES = ("date", "due")
DATE_FORMATS = ("ISO8601", "%d.%m.%Y")  # dates that can be read in one way only


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Read the arguments."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, nargs="?", help="the folder with the tables")
    parser.add_argument(
        "--out", type=Path, default=Path("c2m-output/example-02"), help="where (%(default)s)"
    )
    parser.add_argument(
        "--periods", type=int, default=8, help="periods of the factory to plan (%(default)s)"
    )
    parser.add_argument(
        "--column",
        action="append",
        default=[],
        type=column_pair,
        metavar="NAME=THEIRS",
        help="a column by the name it has in the files, such as sku=Artikel; may be repeated",
    )
    parser.add_argument(
        "--delimiter",
        help="between the fields of CSV files; found in their first line unless given",
    )
    parser.add_argument(
        "--decimal",
        choices=(",", "."),
        metavar="SIGN",
        help="comma or point; a comma where fields are divided by semicolons unless given",
    )
    parser.add_argument(
        "--date-format", help="such as %%d/%%m/%%Y; 2026-11-22 and 22.11.2026 are known"
    )
    parser.add_argument("--encoding", default="utf-8-sig", help="of CSV files (%(default)s)")
    parser.add_argument(
        "--write-sample", action="store_true", help="write sample tables into FOLDER and stop"
    )
    options = parser.parse_args(argv)
    if options.write_sample and options.folder is None:
        parser.error("--write-sample needs the folder to write")
    return options


def column_pair(text: str) -> tuple[str, str]:
    """Split NAME=THEIRS."""
    own, sign, theirs = (part.strip() for part in text.partition("="))
    known = sorted(
        {name for names in (NEEDED, OPTIONAL) for table in names.values() for name in table}
    )
    if not sign or not theirs or own not in known:
        raise argparse.ArgumentTypeError(
            f"expected NAME=THEIRS with one of {', '.join(known)} as NAME, got {text!r}"
        )
    return own, theirs.lower()


# %% Read a table: everything as text first, so that 00123 stays 00123.
def find(folder: Path, name: str) -> Path | None:
    """Return the file that holds a table."""
    if not folder.is_dir():
        raise c2m.ArgumentError(f"Expected a folder, got {folder}, which is none.")
    found = [path for path in sorted(folder.iterdir()) if path.stem.lower() == name]
    found = [path for path in found if path.suffix.lower() in SUFFIXES]
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise c2m.ArgumentError(f"Expected one file of {name} in {folder}, found {names}.")
    return found[0] if found else None


def read_table(folder: Path, name: str, options: argparse.Namespace) -> pd.DataFrame | None:
    """Read one table with its columns named and typed."""
    path = find(folder, name)
    if path is None:
        return None
    is_csv = path.suffix.lower() in {".csv", ".txt"}
    delimiter = find_delimiter(path, options) if is_csv else ""
    as_text = {"dtype": str, "keep_default_na": False, "na_values": [""]}
    try:
        if is_csv:
            as_text |= {"sep": delimiter, "encoding": options.encoding}
            table = pd.read_csv(path, skip_blank_lines=False, **as_text)
        else:
            table = pd.read_excel(path, engine="calamine", **as_text)
    except Exception as error:
        fix = "export it again as CSV or .xlsx, or pass --encoding and --delimiter"
        raise c2m.DataError(path.name, [f"it cannot be read: {error}"], fix) from error
    table.index = table.index + 2  # the line in the file, for messages
    table = table.dropna(how="all")
    table.columns = [str(column).strip().lower() for column in table.columns]
    table = renamed(table, name, path.name, options.column)
    missing = [column for column in NEEDED[name] if column not in table.columns]
    if missing or table.empty:
        have = ", ".join(table.columns)
        problems = [f"there is no column {column!r}; the columns are {have}" for column in missing]
        fix = "rename the column, or pass --column " + (f"{missing[0]}=..." if missing else "")
        if table.empty:
            problems, fix = [*problems, "it has no rows"], "export it with its rows"
        raise c2m.DataError(path.name, problems, fix)
    decimal = options.decimal or ("," if delimiter == ";" else ".")
    if is_csv:
        print(
            f"{path.name}: {len(table):,} rows, fields divided by {delimiter!r}, decimal sign "
            f"{decimal!r}"
        )
    return typed(table, path.name, decimal if is_csv else ".", options.date_format)


def renamed(
    table: pd.DataFrame, name: str, file: str, pairs: list[tuple[str, str]]
) -> pd.DataFrame:
    """Give columns the names that this script knows."""
    have = ", ".join(table.columns)
    names, problems = {}, []
    for own in dict.fromkeys(own for own, _ in pairs if own in (*NEEDED[name], *OPTIONAL[name])):
        wanted = [theirs for given, theirs in pairs if given == own]
        found = [column for column in dict.fromkeys((*wanted, own)) if column in table.columns]
        # SKUs are in several files, and may have their own name in one and not in the next
        fits = [column for column in found if column in wanted or own == "sku"]
        if len(found) > 1:
            both = " and ".join(map(repr, found))
            problems.append(f"--column {own}={wanted[0]}: there are columns {both}")
        elif not fits:
            problems.append(
                f"--column {own}={wanted[0]}: there is no column {wanted[0]!r}; the columns are "
                f"{have}"
            )
        else:
            names[fits[0]] = own
    if problems:
        raise c2m.DataError(file, problems, "give --column a name from the first line of the file")
    return table.rename(columns=names)


def find_delimiter(path: Path, options: argparse.Namespace) -> str:
    """Return the sign that divides the first line most often."""
    if options.delimiter:
        return options.delimiter
    with path.open(encoding=options.encoding, errors="replace") as file:
        head = file.readline()
    return max((";", ",", "\t", "|"), key=head.count)


def typed(table: pd.DataFrame, name: str, decimal: str, date_format: str | None) -> pd.DataFrame:
    """Turn text into numbers and dates, and say what is neither."""
    problems: list[str] = []
    for column in set(FILLED) & set(table.columns):
        empty = table[column].isna() | table[column].str.strip().eq("")
        problems += say_bad(table, column, empty, "value")
    for column in set(NUMBERS) & set(table.columns):
        text = table[column].str.strip()
        other = "." if decimal == "," else ","
        plain = text.where(~text.str.contains(other, regex=False, na=False))
        values = pd.to_numeric(plain.str.replace(decimal, ".", regex=False), errors="coerce")
        problems += say_bad(table, column, values.isna() & text.notna(), "number")
        table[column] = values
    for column in set(DATES) & set(table.columns):
        text = table[column].str.strip()
        values = pd.to_datetime(text, format=date_format or guess_format(text), errors="coerce")
        problems += say_bad(table, column, values.isna(), "date")
        table[column] = values
    if problems:
        fix = "correct these rows, or pass --decimal, --delimiter or --date-format"
        raise c2m.DataError(name, sorted(problems), fix)
    return table.reset_index(drop=True)


def guess_format(dates: pd.Series) -> str:
    """Return the format that fits most of the dates."""
    return max(
        DATE_FORMATS,
        key=lambda form: pd.to_datetime(dates, format=form, errors="coerce").notna().sum(),
    )


def say_bad(table: pd.DataFrame, column: str, bad: pd.Series, kind: str) -> list[str]:
    """Describe the rows of a column that could not be read."""
    if not bad.any():
        return []
    row = int(bad.to_numpy().argmax())
    value = table[column].iloc[row]
    return [
        f"{bad.sum():,} of {len(bad):,} rows have no {kind} in {column!r} (first: line "
        f"{bad.index[row]}, {value!r})"
    ]


# %% The road: sales lines are events, events become a panel, and so on.
def read_factory(folder: Path) -> c2m.Factory:
    """Read the factory from its workbook or TOML file."""
    for name, read in (
        ("factory.xlsx", c2m.Factory.from_excel),
        ("factory.toml", c2m.Factory.from_toml),
    ):
        if (folder / name).is_file():
            return read(folder / name)
    raise c2m.ArgumentError(
        f"Expected factory.xlsx or factory.toml in {folder}. Write an empty one with: "
        f"c2m init {folder / 'factory.xlsx'}"
    )


def read_panel(sales: pd.DataFrame, factory: c2m.Factory) -> c2m.Panel:
    """Count the sales lines into the factory's periods; keep what the factory makes."""
    made = set(factory.products["sku"])
    ours = sales[sales["sku"].isin(made)]
    if ours.empty:
        raise c2m.DataError(
            SALES,
            [
                f"none of its {sales['sku'].nunique():,} SKUs is made by the factory "
                f"(first: {sales['sku'].iloc[0]!r})"
            ],
            "spell the SKUs as the factory does, leading zeros included",
        )
    if len(ours) < len(sales):
        others = sales["sku"].nunique() - ours["sku"].nunique()
        print(
            f"note: {others:,} SKUs that the factory does not make are left out "
            f"({len(sales) - len(ours):,} lines)"
        )
    lines = ours.assign(
        event_type=ours["quantity"].lt(0).map({True: "return", False: "purchase"}),
        quantity=ours["quantity"].abs(),
    ).rename(columns={"date": "event_time", "price": "unit_price"})
    names = ["event_time", "event_type", "sku", "quantity", "unit_price"]
    lines = lines[[name for name in names if name in lines.columns]]
    events = c2m.read_events(lines, time_zone="UTC")  # the dates are the shop's own
    return c2m.build_panel(events, freq=factory.calendar, complete=True)


def say_start(sales: pd.DataFrame, panel: c2m.Panel, factory: c2m.Factory) -> None:
    """Say when the plan starts, and of which day stock must be."""
    calendar = factory.calendar
    start = calendar.labels(int(calendar.ordinal(panel.cutoff.to_datetime64())) + 1, 1)[0]
    word, stock_day, last_day = calendar.word, start - pd.Timedelta(days=1), sales["date"].max()
    if last_day >= start:
        print(
            f"Sales end on {last_day.date()}, inside a {word}: that {word} is left out of the "
            "history."
        )
        print(
            f"The plan starts in the {word} of {start.date()}, and stock must be of the end of "
            f"the last whole {word}, {stock_day.date()}."
        )
    else:
        print(f"The plan starts in the {word} of {start.date()}.")
    print(f"Stock is taken as of the end of {stock_day.date()}.")


def plan_folder(options: argparse.Namespace) -> None:
    """Plan the factory of a folder, and write the workbook and the report."""
    sales = read_table(options.folder, SALES, options)
    if sales is None:
        raise c2m.ArgumentError(f"Expected sales.csv or sales.xlsx in {options.folder}.")
    factory = read_factory(options.folder)
    panel = read_panel(sales, factory)
    say_start(sales, panel, factory)
    demand = c2m.forecast_demand(panel, horizon=options.periods)
    print(*demand.notes, sep="\n")
    plan = c2m.plan_production(
        demand,
        factory,
        stock=read_table(options.folder, STOCK, options),
        on_order=read_table(options.folder, ON_ORDER, options),
    )
    workbook = write_workbook(options.out / "plan.xlsx", plan, demand)
    report = write_report(
        options.out / "report.html",
        panel=panel,
        demand=demand,
        plan=plan,
        title=f"Production plan: {factory.name}",
    )
    print(main_figures(plan))
    print(f"Wrote {workbook} and {report}")


# %% A sample folder, from the journey data: the bakery line, in a European spelling.
def write_sample(folder: Path) -> None:
    """Write the tables that this script reads."""
    journey = load_journey()
    factory = c2m.Factory.from_toml(journey.factory_path)
    own = factory.routings[factory.routings["line"] == "bakery"]
    skus = set(own["sku"])
    bakery = c2m.Factory.from_frames(
        lines=factory.lines[factory.lines["line"] == "bakery"],
        products=factory.products[factory.products["sku"].isin(skus)],
        routings=own,
        shutdowns=factory.shutdowns[factory.shutdowns["line"].isin(["bakery", "*"])],
        groups=factory.groups[factory.groups["sku"].isin(skus)],
        limits=factory.limits[factory.limits["line"] == "bakery"],
        freq=factory.calendar,
        currency=factory.currency,
        name="bakery",
    )
    folder.mkdir(parents=True, exist_ok=True)
    bakery.to_excel(folder / "factory.xlsx")
    events = journey.events[journey.events["event_type"] == "purchase"]
    events = events[events["sku"].isin(skus)]
    sales = pd.DataFrame(
        {
            "sku": events["sku"],
            "date": events["event_time"].dt.tz_convert(journey.tz).dt.strftime("%d.%m.%Y"),
            "quantity": events["quantity"].astype(int),
            "price": events["unit_price"],
        }
    )
    sales.to_csv(folder / "sales.csv", sep=";", decimal=",", index=False, float_format="%.2f")
    weekly = sales.groupby("sku")["quantity"].sum() / 52
    stock = weekly.round().astype(int).rename("on_hand")
    stock.to_csv(folder / "stock.csv", sep=";")
    orders = pd.DataFrame({"sku": stock.index[:3], "ordered": 24, "received": 0})
    orders.assign(due="08.01.2018").to_csv(folder / "on_order.csv", sep=";", index=False)
    print(f"Wrote sales.csv, stock.csv, on_order.csv and factory.xlsx in {folder}")


def main(argv: list[str] | None = None) -> int:
    """Run the script; 0 done, 2 bad input."""
    options = parse(argv)
    wish = options.write_sample or options.folder is None
    options.folder = options.folder or options.out / "sample"
    try:
        with warnings_as_notes():
            if wish:
                write_sample(options.folder)
            if not options.write_sample:
                plan_folder(options)
    except (c2m.C2MError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
