"""What errors of the operating system are called in sentences for operators."""

import errno
import socket

_WORDS = {
    errno.ENOENT: "没有这个文件或目录",
    errno.ENOTDIR: "路径中有不是目录的部分",
    errno.EISDIR: "这是目录，不是文件",
    errno.EEXIST: "已有同名的文件",
    errno.EACCES: "没有权限",
    errno.EPERM: "不允许这样做",
    errno.EROFS: "磁盘只读",
    errno.ENOSPC: "磁盘已满",
    errno.EDQUOT: "超出磁盘配额",
    errno.EIO: "磁盘读写出错",
    errno.ENAMETOOLONG: "文件名过长",
    errno.EMFILE: "打开的文件过多",
    errno.EADDRNOTAVAIL: "本机没有这个地址",
}


def words_of(error: OSError) -> str:
    """A few words of Chinese; the number of the error where it is a rare one."""
    if isinstance(error, socket.gaierror):
        return "没有这个主机名"
    return _WORDS.get(error.errno or 0, f"系统错误 {error.errno}")
