"""Long runs over tables: what stops one before it begins, what ends one early, and what it is about to ask."""

from typing import Final

BATCH: Final[dict[str, tuple[str, str]]] = {
    "table.no_variable": (
        "The template names no column, so every row would ask the same.",
        "模板里没有任何列名，每一行都会问同样的问题。",
    ),
    "table.no_variable.hint": (
        "Nothing was sent. Write a column in double braces where its text belongs. The columns are: {columns}.",
        "没有发送任何内容。请在要放入文本的位置用双花括号写上列名。现有的列：{columns}。",
    ),
    "table.no_column": ("The table has no column {name}.", "表格中没有列 {name}。"),
    "table.no_column.hint": (
        "Nothing was sent. The columns are: {columns}. One whose name has blanks or signs is written {{{{ "
        'row["the name"] }}}}. Other variables of the notebook are not known here: write their text into the question.',
        '没有发送任何内容。现有的列：{columns}。列名含空格或符号时写成 {{{{ row["列名"] }}}}。'
        "这里不能用笔记本的其他变量：请把内容直接写进问题。",
    ),
    "table.mistyped": (
        "The table has no column {name}. Did you mean {nearest}?",
        "表格中没有列 {name}。是不是 {nearest}？",
    ),
    "table.mistyped.hint": (
        "Nothing was sent. The columns are: {columns}.",
        "没有发送任何内容。现有的列：{columns}。",
    ),
    "table.into_twice": ("Two new columns would be called {name}.", "会有两个新列都叫 {name}。"),
    "table.into_twice.hint": (
        "Nothing was sent. Choose other names with --into.",
        "没有发送任何内容。请用 --into 换个列名。",
    ),
    "table.into_several": (
        "Several new columns need to be told apart in the answer.",
        "多个新列需要能在回答中区分开。",
    ),
    "table.into_several.hint": (
        "Nothing was sent. Add -f json and --schema with a schema that has these names as keys.",
        "没有发送任何内容。请加 -f json 和 --schema，并让 schema 以这些列名为键。",
    ),
    "table.into_no_key": ("The schema has no key {name}.", "schema 中没有键 {name}。"),
    "table.into_no_key.hint": (
        "Nothing was sent. With several new columns each is a key of the schema; those are: {keys}.",
        "没有发送任何内容。有多个新列时，每个列名都必须是 schema 的键：{keys}。",
    ),
    "table.into_there": ("The table has a column {name} already.", "表格中已经有列 {name}。"),
    "table.into_there.hint": (
        "Nothing was sent. Choose another name with --into, or have it replaced with --replace.",
        "没有发送任何内容。请用 --into 换个列名，或用 --replace 替换它。",
    ),
    "executor.kind": ("{kind} is no executor.", "{kind} 不是执行器（executor）。"),
    "executor.kind.hint": (
        "Nothing was sent. One has `submit`, as in concurrent.futures; of a cluster it is Dask's client or "
        "ipyparallel's view.",
        "没有发送任何内容。执行器要像 concurrent.futures 的那样有 `submit`；"
        "集群可用 Dask 的 client 或 ipyparallel 的 view。",
    ),
    "executor.unknown": ("There is no variable {name} to use as an executor.", "没有可用作执行器的变量 {name}。"),
    "executor.unknown.hint": (
        "Nothing was sent. Define it first, or leave --executor out: then threads of this kernel ask.",
        "没有发送任何内容。请先定义它；或去掉 --executor，由本内核的线程来提问。",
    ),
    "executor.closed": (
        "The executor takes no more rows ({detail}).",
        "执行器不再接受任务（{detail}）。",
    ),
    "executor.closed.hint": (
        "What is done is in the journal. Start the executor again and run it again: only the rest is asked.",
        "已完成的行都在日志中。请重新启动执行器再次运行：只会问剩下的行。",
    ),
    "executor.gone": (
        "The executor has had no workers for {seconds} s.",
        "执行器已有 {seconds} 秒没有任何工作进程。",
    ),
    "executor.gone.hint": (
        "What is done is in the journal. Start workers and run it again: only the rest is asked.",
        "已完成的行都在日志中。请启动工作进程后再次运行：只会问剩下的行。",
    ),
    "executor.silent": (
        "Nothing has come back from the executor for {seconds} s, which is longer than any request may take.",
        "执行器已有 {seconds} 秒没有返回任何结果，超过了单个请求的最长时间。",
    ),
    "executor.silent.hint": (
        "What is done is in the journal. Look after the workers, then run it again: only the rest is asked.",
        "已完成的行都在日志中。请检查工作进程，再次运行：只会问剩下的行。",
    ),
    "executor.failed": (
        "The executor's workers cannot run the rows ({detail}).",
        "执行器的工作进程无法处理这些行（{detail}）。",
    ),
    "executor.failed.hint": (
        "Each worker needs the same spark_magic as this kernel. What is done is in the journal: only the rest "
        "is asked then.",
        "每个工作进程都需要与本内核相同的 spark_magic。已完成的行都在日志中；处理好后再次运行，只会问剩下的行。",
    ),
    "executor.died": (
        "{count} workers died while they asked this row.",
        "有 {count} 个工作进程在问这一行时退出。",
    ),
    "executor.died.hint": (
        "Look into the workers' own logs. `--retry-failed` asks the row again.",
        "请查看工作进程自己的日志。`--retry-failed` 会重新问这一行。",
    ),
    "batch.limited": (
        "The service has taken no row for {seconds} s: it says that this account asks too much at once.",
        "服务已有 {seconds} 秒没有接受任何一行：它表示该账号请求过多。",
    ),
    "batch.limited.hint": (
        "What is done is in the journal. See whether another program uses the account, then run it again.",
        "已完成的行都在日志中。请检查是否有其他程序在用这个账号，再次运行。",
    ),
    "label.row": ("row {number}", "第 {number} 行"),
    "interrupted.ahead": ("Stopped. Nothing was sent.", "已停止。没有发送任何内容。"),
    "interrupted.fresh": (
        "Stopped. What is done is kept: run it again without {option}, and only the rest is asked.",
        "已停止。完成的部分已保留：去掉 {option} 再次运行，只会问剩下的行。",
    ),
    "interrupted.run": (
        "Stopped. What is done is kept: run it again and only the rest is asked.",
        "已停止。完成的部分已保留：再次运行本单元格，只会问剩下的行。",
    ),
    "shown.run.forecast": (
        "{rows:,} of {total:,} rows to ask, about {tokens:,} tokens in the questions; the answers come on top. "
        "At {workers} at once about {time}, if an answer takes 2 s.",
        "共 {total:,} 行，需要提问 {rows:,} 行，问题约 {tokens:,} token，回答另计。"
        "同时 {workers} 个，若每个回答 2 秒，约需 {time}。",
    ),
    "shown.run.unfit": (
        "{count:,} cannot be sent: the column {name} says why.",
        "另有 {count:,} 行无法发送，原因见列 {name}。",
    ),
    "shown.run.fresh": (
        "The next time leave {option} out: with it, all rows are asked again.",
        "下次请去掉 {option}：否则所有行都会重新提问。",
    ),
    "shown.run.shared": (
        "Some of them ask the same and share a request: {count:,} are sent.",
        "其中有些行的问题完全相同，只问一次：共发送 {count:,} 个请求。",
    ),
    "shown.run.given_up": (
        "{count} rows in a row have failed, so the others were not asked. The last one's error:",
        "连续 {count} 行失败，因此没有再问其余的行。最后一行的错误：",
    ),
    "shown.run.first": ("What the first row asks of {model}:", "第一行会这样问 {model}："),
    "shown.run.nothing": ("Nothing is left to ask.", "没有需要提问的行。"),
    "shown.run.confirm": ("Ask them? [y/N] ", "开始提问吗？[y/N] "),
    "shown.run.declined": ("Nothing was sent.", "没有发送任何内容。"),
    "usage.confirm": (
        "{rows:,} rows (about {tokens:,} tokens in the questions alone) are more than {most:,}, and nobody can be "
        "asked here: add --yes, or set `%config SparkMagics.confirm_rows`.",
        "{rows:,} 行（仅问题就约 {tokens:,} token）超过 {most:,} 行，而这里无法询问：请加 --yes，"
        "或设置 `%config SparkMagics.confirm_rows`。",
    ),
    "usage.no_table": (
        "Which table? Write a variable's name or a file: %%spark_map df --into NAME",
        "用哪个表格？请写变量名或文件：%%spark_map df --into 列名",
    ),
    "usage.map_empty": (
        "The prompt is empty: write the question for each row below %%spark_map.",
        "提示为空：请把对每一行要问的问题写在 %%spark_map 下面。",
    ),
    "usage.table_unknown": (
        "There is no variable {name!r}, and no file of that name. Put what is computed into a variable first.",
        "既没有变量 {name!r}，也没有这个文件。请先把要计算的表格存入变量。",
    ),
    "usage.stray.map": (
        "{magic} takes one table, and the question in the lines below.",
        "{magic} 只接受一个表格，问题写在下面几行。",
    ),
    "usage.into": (
        "{name!r} is no column's name; several are written with commas and without blanks: a,b",
        "{name!r} 不能作为列名；多个列名用逗号分隔，中间不留空格：a,b",
    ),
    "usage.positive": ("{value} is no number above 0", "{value} 不是大于 0 的数"),
    "help.map": (
        "Ask the question below once for each row of a table; {{{{ column }}}} stands for the row's text.",
        "把下面的问题对表格的每一行各问一次；{{{{ 列名 }}}} 代表该行的内容。",
    ),
    "help.table": (
        "a variable with a table, or a file (.csv, .tsv, .xlsx, .json, .jsonl)",
        "表格变量，或文件（.csv、.tsv、.xlsx、.json、.jsonl）",
    ),
    "help.into": ("name of the new column, several with commas", "新列的名字，多个用逗号分隔"),
    "help.map_format": (
        "how it answers (markdown); json: checked, and asked once more if it is none",
        "回答的形式（markdown）；json：会检查，不合要求时再问一次",
    ),
    "help.workers": ("rows asked at the same time (4)", "同时提问的行数（4）"),
    "help.concurrency": ("most requests at once, if fewer than workers", "同时请求数上限（少于 workers 时）"),
    "help.qps": ("most requests a second", "每秒请求数上限"),
    "help.executor": (
        "a variable: an executor, Dask's client, ipyparallel's view",
        "变量：执行器、Dask 的 client、ipyparallel 的 view",
    ),
    "help.fresh": ("ask all rows, whatever the journal has", "不用日志，全部重新提问"),
    "help.retry_failed": ("ask those again that failed before", "重新问以前失败的行"),
    "help.errors": (
        "keep: a row holds its error; raise: the first one ends the run",
        "keep：行内记录错误；raise：遇到第一个错误就停止",
    ),
    "help.replace": ("put new columns in the place of old ones of that name", "新列可替换同名的旧列"),
    "help.limit": ("only the first N rows, to try", "只处理前 N 行，用于试验"),
    "help.yes": ("do not ask before many rows", "行数多时不再询问"),
    "help.map_dry_run": ("show what the first row asks and what all would take", "显示第一行的问题和总的估算"),
    "help.map_journal": ("another journal", "使用另一个日志文件"),
    "help.map_output": ("keep the table in a variable instead of showing it", "把表格存入变量而不显示"),
}
