"""The journal of finished answers: what keeps it from being used, `%spark_journal`, and `%%spark --cache`."""

from typing import Final

_AFRESH: Final = (
    "Name another file with --journal FILE or SPARK_JOURNAL, or begin a new one: %spark_journal --clear sets your own "
    "one aside.",
    "请用 --journal FILE 或环境变量 SPARK_JOURNAL 指定其他文件；"
    "或重新开始：%spark_journal --clear 会把您自己的日志移到一旁。",
)

JOURNAL: Final[dict[str, tuple[str, str]]] = {
    "journal.version": (
        "The journal {path} is of version {found}, and this spark_magic reads version {version}.",
        "日志 {path} 的版本是 {found}，而当前 spark_magic 只读版本 {version}。",
    ),
    "journal.version.hint": _AFRESH,
    "journal.damaged": (
        "The journal {path} is damaged, or no journal at all: {detail}.",
        "日志 {path} 已损坏，或者根本不是日志：{detail}。",
    ),
    "journal.damaged.hint": _AFRESH,
    "journal.foreign": (
        "{path} is the database of another application; nothing in it was changed.",
        "{path} 是其他应用的数据库；其内容未作任何改动。",
    ),
    "journal.foreign.hint": (
        "Name another file with --journal FILE or SPARK_JOURNAL.",
        "请用 --journal FILE 或环境变量 SPARK_JOURNAL 指定其他文件。",
    ),
    "journal.locked": (
        "The journal {path} is in use by another program, for more than {seconds:.0f} s.",
        "日志 {path} 正被其他程序占用，已超过 {seconds:.0f} 秒。",
    ),
    "journal.locked.hint": (
        "Wait for the other kernel or close it, or name another file with --journal FILE or SPARK_JOURNAL.",
        "请等待或关闭另一个内核，或用 --journal FILE 或环境变量 SPARK_JOURNAL 指定其他文件。",
    ),
    "journal.unwritable": (
        "The journal {path} cannot be written: {detail}.",
        "无法写入日志 {path}：{detail}。",
    ),
    "journal.unwritable.hint": (
        "Make the file and its folder writable for you, or name another file with --journal FILE or SPARK_JOURNAL.",
        "请让该文件及其文件夹对您可写，或用 --journal FILE 或环境变量 SPARK_JOURNAL 指定其他文件。",
    ),
    "journal.no_folder": (
        "The journal {path} cannot be made: there is no such folder.",
        "无法创建日志 {path}：没有这个文件夹。",
    ),
    "journal.no_folder.hint": (
        "Make the folder first, or name another file with --journal FILE or SPARK_JOURNAL.",
        "请先创建该文件夹，或用 --journal FILE 或环境变量 SPARK_JOURNAL 指定其他文件。",
    ),
    "journal.full": (
        "There is no space left for the journal {path}; what was in it is still there.",
        "磁盘空间不足，无法写入日志 {path}；已有内容仍在。",
    ),
    "journal.full.hint": (
        "Free some space (%spark_journal --clear gives back the journal's), or name a file on another disk with "
        "--journal FILE or SPARK_JOURNAL.",
        "请腾出一些空间（%spark_journal --clear 可释放日志占用的空间），"
        "或用 --journal FILE 或环境变量 SPARK_JOURNAL 指定其他磁盘上的文件。",
    ),
    "journal.failed": (
        "The journal {path} cannot be used: {detail}.",
        "无法使用日志 {path}：{detail}。",
    ),
    "journal.failed.hint": (
        "Try once more; if it stays like this, name another file with --journal FILE or SPARK_JOURNAL.",
        "请再试一次；如果仍然如此，请用 --journal FILE 或环境变量 SPARK_JOURNAL 指定其他文件。",
    ),
    "journal.failure": (
        "The question failed with {kind} ({about}); this version of spark_magic knows no more about it.",
        "该问题以 {kind}（{about}）失败；当前版本的 spark_magic 不了解更多详情。",
    ),
    "journal.failure.hint": ("Ask it again.", "请重新提问。"),
    "help.journal": (
        "%spark_journal              the finished answers that are kept: of %%spark --cache and %%spark_map\n"
        "%spark_journal --clear      remove them all; the file becomes small again\n\n"
        "Answers are found again by model, parameters and messages; the questions themselves are not kept.",
        "%spark_journal              已保存的完整回答：来自 %%spark --cache 和 %%spark_map\n"
        "%spark_journal --clear      全部删除；文件随之变小\n\n"
        "回答按模型、参数和消息查找；问题本身不会保存。",
    ),
    "help.journal_file": (
        "another journal than your own; SPARK_JOURNAL names one for good",
        "使用另一个日志文件；环境变量 SPARK_JOURNAL 可长期指定",
    ),
    "help.journal_json": ("print the table as JSON", "以 JSON 输出该表"),
    "help.clear": (
        "remove the entries, without asking; of a file that cannot be read, set it aside",
        "直接删除各条目，不再询问；文件无法读取时将其移到一旁",
    ),
    "help.failed": ("with --clear: only those that failed", "与 --clear 同用：只删除失败的条目"),
    "help.before": ("with --clear: only those from before that day", "与 --clear 同用：只删除该日期之前的条目"),
    "help.cache": (
        "an identical question (model, parameters, all messages) is answered from the journal, at no cost; new answers "
        "are kept there",
        "相同的问题（模型、参数和全部消息）直接取自日志，不产生费用；新的回答会保存",
    ),
    "usage.stray.journal": (
        "{magic} takes options only; there is something else on the line.",
        "{magic} 只接受选项；这一行还有别的内容。",
    ),
    "usage.journal.clear": (
        "{option} says what --clear is to remove: write both.",
        "{option} 用来限定 --clear 删除的范围：请两个一起写。",
    ),
    "usage.journal.json": (
        "--json shows and --clear removes: one at a time.",
        "--json 用于查看，--clear 用于删除：一次只用一个。",
    ),
    "usage.day": ("{value!r} is no day: write YYYY-MM-DD.", "{value!r} 不是日期：请写成 YYYY-MM-DD。"),
    "usage.cache.further": (
        "--cache is for a question; what --continue adds to an answer is not kept.",
        "--cache 用于提问；--continue 续写的内容不会保存。",
    ),
    "label.journal.entries": ("entries", "条目"),
    "label.journal.failures": ("failed", "失败"),
    "label.journal.tokens": ("tokens", "token"),
    "label.cached": ("cached, no tokens used", "取自日志，未消耗 token"),
    "shown.journal.by_day": ("Finished answers by day and model", "各日期、各模型的完整回答"),
    "shown.journal.file": ("{path} ({size})", "{path}（{size}）"),
    "shown.journal.empty": ("The journal {path} ({size}) is empty.", "日志 {path}（{size}）是空的。"),
    "shown.journal.none": (
        "There is no journal at {path} yet: %%spark --cache and %%spark_map begin one.",
        "{path} 处还没有日志：使用 %%spark --cache 或 %%spark_map 后即会创建。",
    ),
    "shown.journal.cleared.one": (
        "1 entry removed; the journal has {size} now.",
        "已删除 1 个条目；日志现为 {size}。",
    ),
    "shown.journal.cleared": (
        "{count:,} entries removed; the journal has {size} now.",
        "已删除 {count:,} 个条目；日志现为 {size}。",
    ),
    "shown.journal.aside": (
        "{path} could not be read; it is kept as {kept}, and the next answer begins a new journal.",
        "无法读取 {path}；已改名保留为 {kept}，下一个回答将写入新的日志。",
    ),
    "note.cache.found": (
        "{model}: this question was answered on {day}; the answer would come from the journal, at no cost.",
        "{model}：该问题已于 {day} 得到回答；将直接取自日志，不产生费用。",
    ),
    "note.cache.missed": (
        "{model}: this question is not in the journal; it would be asked, and the answer kept.",
        "{model}：日志中没有该问题；将会提问并保存回答。",
    ),
    "note.cache.failed": (
        "The answer could not be kept for the next time: {problem}",
        "未能保存该回答供下次使用：{problem}",
    ),
}
