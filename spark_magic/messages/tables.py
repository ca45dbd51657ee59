"""Tables: what cannot be used as one."""

from typing import Final

_NOTHING: Final = "Nothing was sent. "
_NOTHING_ZH: Final = "没有发送任何内容。"


def _hint(english: str, chinese: str) -> tuple[str, str]:
    return _NOTHING + english, _NOTHING_ZH + chinese


TABLE_MESSAGES: Final[dict[str, tuple[str, str]]] = {
    "table.kind": ("An object of type {kind} is no table.", "{kind} 类型的对象不是表格。"),
    "table.kind.hint": _hint(
        "These are: a pandas or polars DataFrame or Series, a list of dicts, a list of texts, the path of a .csv, "
        ".tsv, .xlsx, .jsonl or .json file.",
        "可用的有：pandas 或 polars 的 DataFrame 或 Series，字典列表，文本列表，"
        "以及 .csv、.tsv、.xlsx、.jsonl、.json 文件的路径。",
    ),
    "table.lazy": (
        "A {kind} has no rows yet: it is only computed later.",
        "{kind} 还没有行：它要到以后才会计算。",
    ),
    "table.lazy.hint": _hint("Give the frame that `.collect()` makes of it.", "请先用 `.collect()` 得到数据框。"),
    "table.mixed": (
        "Element {place} of the list is of type {kind}; a table is all dicts or all texts.",
        "列表的第 {place} 个元素是 {kind} 类型；表格须全部是字典，或全部是文本。",
    ),
    "table.mixed.hint": _hint(
        'Make every element a dict from column names to values: `{{"text": "..."}}`.',
        '请让每个元素都是由列名到值的字典：`{{"text": "..."}}`。',
    ),
    "table.no_rows": ("The table has no rows.", "表格没有行。"),
    "table.no_rows.hint": _hint(
        "See what it was read or filtered from. A file's first row names the columns and is no row.",
        "请检查它的读取或筛选条件。文件的第一行是列名，不算数据行。",
    ),
    "table.no_columns": ("The table has no columns.", "表格没有列。"),
    "table.no_columns.hint": _hint(
        "Of a file, the first row names the columns; it may be empty.",
        "文件的第一行应为列名；请检查文件是否为空。",
    ),
    "table.twice": ("The column {name!r} is there twice.", "列 {name!r} 出现了两次。"),
    "table.twice.hint": _hint(
        "Rename one: which is meant could not be told.",
        "请给其中一列改名，否则无法区分。",
    ),
    "table.unnamed": ("Column {place} has no name.", "第 {place} 列没有列名。"),
    "table.unnamed.hint": _hint(
        "Name it in the first row. Of pandas, `to_csv(path, index=False)` leaves out the row numbers that have none.",
        "请在第一行写上列名。用 pandas 保存时，`to_csv(path, index=False)` 可去掉没有列名的行号。",
    ),
    "table.missing": ("There is no file {path}.", "没有文件 {path}。"),
    "table.missing.hint": _hint(
        "A relative path begins in the kernel's working directory: `%pwd` shows it. A text itself goes into a list.",
        "相对路径从内核的工作目录算起：`%pwd` 可查看。若要直接给出文本，请放进列表。",
    ),
    "table.no_file": (
        "{path} is no file that can be read to its end: a folder, a pipe or a device.",
        "{path} 不是普通文件，而是文件夹、管道或设备。",
    ),
    "table.no_file.hint": _hint("Name the table's file itself.", "请写出表格文件本身的路径。"),
    "table.unreadable": ("{path} cannot be read ({detail}).", "无法读取 {path}（{detail}）。"),
    "table.unreadable.hint": _hint("See whether you may read the file.", "请检查是否有权读取这个文件。"),
    "table.suffix": ("{path} is no file of a kind that is read here.", "不支持 {path} 这种文件。"),
    "table.suffix.hint": _hint(
        "Those are .csv, .tsv, .xlsx, .jsonl, .ndjson and .json. Read any other yourself (`pandas.read_parquet(path)`) "
        "and give the DataFrame.",
        "支持 .csv、.tsv、.xlsx、.jsonl、.ndjson 和 .json。其他文件请自行读取（如 `pandas.read_parquet(path)`），"
        "再给出 DataFrame。",
    ),
    "table.old_sheet": ("{path} is a spreadsheet, but not an .xlsx.", "{path} 是电子表格，但不是 .xlsx。"),
    "table.old_sheet.hint": _hint(
        "Open it in Excel, WPS or LibreOffice and save it as .xlsx.",
        "请用 Excel、WPS 或 LibreOffice 打开，另存为 .xlsx。",
    ),
    "table.encoding": (
        "{path} is no sound text: neither UTF-8 nor GB18030, or with damaged places.",
        "{path} 不是完好的文本：既不是 UTF-8 也不是 GB18030，或有损坏之处。",
    ),
    "table.encoding.hint": _hint(
        "Save it as UTF-8: in Excel, `CSV UTF-8` is a file type of its own.",
        "请另存为 UTF-8：Excel 的保存类型中有“CSV UTF-8”。",
    ),
    "table.binary": ("{path} is no text: there are zeros in it.", "{path} 不是文本：其中含有零字节。"),
    "table.binary.hint": _hint(
        "Does the suffix say what it is? A workbook is called .xlsx; UTF-16 needs its mark (BOM) at the beginning.",
        "请检查扩展名是否正确：工作簿应为 .xlsx；UTF-16 文件的开头须有标记（BOM）。",
    ),
    "table.ragged": (
        "{path}, line {line}: another number of cells ({count}) than in the first row ({columns}).",
        "{path} 第 {line} 行：有 {count} 个单元格，而第一行有 {columns} 个。",
    ),
    "table.ragged.hint": _hint(
        'A cell with the delimiter or a line break in it stands in double quotes: "a, b".',
        '含有分隔符或换行的单元格须放在双引号中："a, b"。',
    ),
    "table.quotes": (
        "{path}: the double quotes in the row that begins in line {line} cannot be understood ({detail}).",
        "{path}：从第 {line} 行开始的一行中，双引号有误（{detail}）。",
    ),
    "table.quotes.hint": _hint(
        'They stand around a whole cell, and inside of one twice: "say ""hi""". One may not have been closed.',
        '双引号应括住整个单元格，其中的双引号须写两次："say ""hi"""。也可能有一个没有闭合。',
    ),
    "table.line": ("{path}, line {line}: no JSON ({detail}).", "{path} 第 {line} 行：不是 JSON（{detail}）。"),
    "table.line.hint": _hint(
        'Every line is one JSON object or string by itself: {{"text": "..."}}. An array over several lines is a .json.',
        '每一行应是一个完整的 JSON 对象或字符串：{{"text": "..."}}。跨多行的数组请存为 .json。',
    ),
    "table.line_kind": (
        "{path}, line {line}: JSON of type {kind}; the lines are all objects or all strings.",
        "{path} 第 {line} 行：JSON 类型为 {kind}；各行须全部是对象，或全部是字符串。",
    ),
    "table.line_kind.hint": _hint(
        'Make it an object: {{"text": "..."}}. A file that is one array is a .json.',
        '请改为对象：{{"text": "..."}}。整个文件是一个数组时，请存为 .json。',
    ),
    "table.json": ("{path} is no JSON ({detail}).", "{path} 不是 JSON（{detail}）。"),
    "table.json.hint": _hint(
        "A .json is one array of objects or strings; with one object in each line it is a .jsonl.",
        ".json 应是一个由对象或字符串组成的数组；每行一个对象的文件请用 .jsonl。",
    ),
    "table.array": (
        "{path} is JSON of type {kind}, not an array of rows.",
        "{path} 是类型为 {kind} 的 JSON，不是由各行组成的数组。",
    ),
    "table.array.hint": _hint(
        "Read it yourself (`json.load`) and give the list in it.",
        "请自行读取（`json.load`），再给出其中的列表。",
    ),
    "table.element": (
        "{path}: element {place} of the array is of type {kind}; they are all objects or all strings.",
        "{path}：数组的第 {place} 个元素类型为 {kind}；各元素须全部是对象，或全部是字符串。",
    ),
    "table.element.hint": _hint('Make it an object: {{"text": "..."}}.', '请改为对象：{{"text": "..."}}。'),
    "table.workbook": (
        "{path} is no .xlsx that can be read ({detail}).",
        "无法将 {path} 作为 .xlsx 读取（{detail}）。",
    ),
    "table.workbook.hint": _hint(
        "Open it in Excel, WPS or LibreOffice, take a password off, and save it as .xlsx again.",
        "请用 Excel、WPS 或 LibreOffice 打开，去掉密码，再另存为 .xlsx。",
    ),
}
