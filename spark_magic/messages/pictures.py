"""Pictures: what is sent, who is asked, and what is wrong with one."""

from typing import Final

_NOTHING: Final = "Nothing was sent. "
_NOTHING_ZH: Final = "没有发送任何内容。"
_HALVE: Final = (
    "Make it smaller: `picture = PIL.Image.open(PATH)`, `picture.thumbnail((2000, 2000))`, then `--image picture`.",
    "请先缩小：`picture = PIL.Image.open(PATH)`，`picture.thumbnail((2000, 2000))`，然后用 `--image picture`。",
)


def _hint(english: str, chinese: str) -> tuple[str, str]:
    return _NOTHING + english, _NOTHING_ZH + chinese


PICTURES: Final[dict[str, tuple[str, str]]] = {
    "help.image": (
        "a picture to ask about: a file, or a variable with a PIL image, a figure or bytes",
        "要提问的图片：文件，或存有 PIL 图像、图表、bytes 的变量",
    ),
    "ability.images": ("pictures", "看图"),
    "label.picture": ("[picture: {facts}]", "[图片：{facts}]"),
    "label.kilobytes": ("{size:,.0f} kB", "{size:,.0f} kB"),
    "label.megabytes": ("{size:,.1f} MB", "{size:,.1f} MB"),
    "note.picture": ("Picture: {name}, {facts}", "图片：{name}，{facts}"),
    "note.picture.scaled": (
        "Picture: {name}, {facts}, scaled down from {width} x {height}",
        "图片：{name}，{facts}，由 {width} x {height} 缩小而来",
    ),
    "note.picture.model": (
        "{sighted} sees pictures; asked in place of {model}.",
        "{sighted} 能看图，代替 {model} 回答。",
    ),
    "note.picture.stays": (
        "This conversation's picture is sent again: {sighted} is asked in place of {model} (`-m {model}`: without it).",
        "再次发送本对话中的图片：由 {sighted} 代替 {model} 回答（`-m {model}` 可不带图片提问）。",
    ),
    "model.no_pictures": (
        "{model} sees no pictures; these do: {aliases}.",
        "{model} 不能看图；能看图的有：{aliases}。",
    ),
    "model.no_pictures.hint": _hint(
        "Name one of them with -m. A model of your own that sees pictures says `images = true` in config.toml.",
        "请用 -m 指定其中之一。自建模型若能看图，请在 config.toml 中写 `images = true`。",
    ),
    "picture.kind": ("A picture cannot be made of an object of type {kind}.", "{kind} 类型的对象不能作为图片。"),
    "picture.kind.hint": _hint(
        "Give a file's path, its bytes, a PIL image or a matplotlib figure; of an array, `PIL.Image.fromarray(array)`.",
        "请给出文件路径、bytes、PIL 图像或 matplotlib 图表；数组可用 `PIL.Image.fromarray(array)` 转换。",
    ),
    "picture.unnamed": (
        "There is neither a variable {name!r} nor a file {path}.",
        "既没有变量 {name!r}，也没有文件 {path}。",
    ),
    "picture.unnamed.hint": _hint(
        "`--image` takes a file's path, or the name of a variable that holds a picture.",
        "`--image` 接受文件路径，或存有图片的变量名。",
    ),
    "picture.misnamed": (
        "There is neither a variable {name!r} nor a file {path}; the nearest variable is {nearest}.",
        "既没有变量 {name!r}，也没有文件 {path}；最接近的变量是 {nearest}。",
    ),
    "picture.misnamed.hint": _hint("`--image {nearest}` takes that one.", "如果是它，请写 `--image {nearest}`。"),
    "picture.missing": ("There is no file {path}.", "没有文件 {path}。"),
    "picture.missing.hint": _hint(
        "A relative path begins in the kernel's working directory: `%pwd` shows it.",
        "相对路径从内核的工作目录算起：`%pwd` 可查看。",
    ),
    "picture.no_file": (
        "{path} is no file that can be read to its end: a folder, a pipe or a device.",
        "{path} 不是普通文件，而是文件夹、管道或设备。",
    ),
    "picture.no_file.hint": _hint("Name the picture's file itself.", "请写出图片文件本身的路径。"),
    "picture.unreadable": ("{path} cannot be read ({detail}).", "无法读取 {path}（{detail}）。"),
    "picture.unreadable.hint": _hint("See whether you may read the file.", "请检查是否有权读取这个文件。"),
    "picture.empty": ("The picture is empty: 0 bytes.", "图片是空的：0 字节。"),
    "picture.empty.hint": _hint(
        "Was the file written to its end? Of a BytesIO, give `.getvalue()`.",
        "请检查文件是否已写完；BytesIO 请用 `.getvalue()`。",
    ),
    "picture.format": (
        "The picture is {kind}; the service takes JPEG and PNG only.",
        "图片是 {kind} 格式；服务只接受 JPEG 和 PNG。",
    ),
    "picture.format.hint": _hint(
        'Convert it: `picture = PIL.Image.open(PATH).convert("RGB")`, then `--image picture`.',
        '请先转换：`picture = PIL.Image.open(PATH).convert("RGB")`，然后用 `--image picture`。',
    ),
    "picture.drawing": (
        "This is {kind}, which has no pixels; the service takes JPEG and PNG only.",
        "这是 {kind}，没有像素；服务只接受 JPEG 和 PNG。",
    ),
    "picture.drawing.hint": _hint("Export it as PNG first.", "请先导出为 PNG。"),
    "picture.page": ("This is a web page, no picture.", "这是网页，不是图片。"),
    "picture.page.hint": _hint(
        "Was the link one to a page about the picture? Save the picture itself.",
        "链接可能指向介绍图片的网页。请保存图片本身。",
    ),
    "picture.unknown": (
        "These bytes are no picture: neither JPEG nor PNG begins like this.",
        "这些字节不是图片：JPEG 和 PNG 都不这样开头。",
    ),
    "picture.unknown.hint": _hint(
        "Give a JPEG or PNG file; of an array of pixels, `PIL.Image.fromarray(array)`.",
        "请给出 JPEG 或 PNG 文件；像素数组可用 `PIL.Image.fromarray(array)` 转换。",
    ),
    "picture.broken": (
        "It begins like a {kind}, but is damaged or incomplete: its size or its end is missing.",
        "开头像 {kind}，但缺少尺寸或结尾：文件已损坏或不完整。",
    ),
    "picture.broken.hint": _hint("Save or download it again.", "请重新保存或下载。"),
    "picture.undrawn": ("PIL cannot make a picture of the image ({detail}).", "PIL 无法由该图像生成图片（{detail}）。"),
    "picture.undrawn.hint": _hint(
        'Try `image.convert("RGB")`; if that fails as well, the image is damaged.',
        '请试试 `image.convert("RGB")`；若同样失败，则图像已损坏。',
    ),
    "picture.bytes": (
        "The picture's file has {size:,} bytes; the service takes {most:,} (4 MB) at most.",
        "图片文件有 {size:,} 字节；服务最多接受 {most:,} 字节（4 MB）。",
    ),
    "picture.bytes.hint": _hint(*_HALVE),
    "picture.side": (
        "The picture is {width} x {height} pixels; the service takes no side above {most}.",
        "图片为 {width} x {height} 像素；服务要求每边不超过 {most}。",
    ),
    "picture.side.hint": _hint(*_HALVE),
    "picture.pixels": (
        "The picture is {width} x {height}, {pixels:,} pixels; the service takes {most:,} (6000 x 6000) at most.",
        "图片为 {width} x {height}，共 {pixels:,} 像素；服务最多接受 {most:,}（6000 x 6000）。",
    ),
    "picture.pixels.hint": _hint(*_HALVE),
    "picture.small": (
        "The picture is {width} x {height} pixels; the service takes no fewer than {least:,} (50 x 50).",
        "图片为 {width} x {height} 像素；服务要求至少 {least:,} 像素（50 x 50）。",
    ),
    "picture.small.hint": _hint(
        "Enlarge it: `picture = PIL.Image.open(PATH).resize((200, 200))`, then `--image picture`.",
        "请先放大：`picture = PIL.Image.open(PATH).resize((200, 200))`，然后用 `--image picture`。",
    ),
}
