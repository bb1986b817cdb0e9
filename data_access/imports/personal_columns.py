"""Columns that are about a person by what their header says: a mapping must not name them.

Numbers are found in the values (`personal_data`); names, addresses and free text about people can
only be told by the header. Counts of people (人次, 调解员人数) are no such columns. 在册网格员 may
be a count or names: it is a count where the mapping reads it as numbers and as nothing else.
"""

import re
from collections.abc import Collection, Iterable

from dashboard.errors import MappingError

# Signs of a personal column in Chinese, pinyin and English headers.
_PERSONAL = re.compile(
    r"姓名|人名|名字|当事人(?!数|人数)|申请人(?!数|人数)|联系人|报告人(?!数|人数)|上报人(?!数|人数)|举报人(?!数|人数)"
    r"|投诉人(?!数|人数)|来访人(?!次|数|员数)|信访人(?!次|数)|户主|监护人|调解员(?!数|人数)|责任人(?!数|人数)"
    r"|经办人|承办人(?!数|人数)|处理人(?!数)|办理人(?!数)|网格员(?!数|人数|总数|在线|上报|配备|覆盖)|采集人|负责人"
    r"|身份证|证件号|证件号码|护照|公民身份|手机|电话|联系方式|微信|邮箱|电子邮件|QQ"
    r"|住址|家庭地址|户籍地|户籍地址|详细地址|详址|门牌|居住地|出生|生日|性别|民族(?!宗教)|年龄(?!段)|学历|婚姻状况"
    r"|车牌|号牌|银行卡|账号|人脸|照片|指纹|IMEI|MAC地址"
    r"|(?:基本|主要|简要|具体|详细)情况|标题|简述|描述|详情|内容(?!分?类)|备注|正文|意见(?!领|类|建议数|数)|案情|事由|诉求内容|处理结果说明",
    re.IGNORECASE,
)
_LATIN = re.compile(
    r"(?:^|[_\W])(?:xingming|xm|sfz|sfzh|zjhm|shouji|sjh|dianhua|lxdh|lxfs|zhuzhi|dizhi|cphm"
    r"|(?:first|last|full|person|reporter|applicant|contact|user|party|owner|complainant)_?name"
    r"|id_?card(?:_?(?:no|num(?:ber)?))?|identity_?(?:no|num(?:ber)?)|passport(?:_?no)?"
    r"|phone(?:_?(?:no|num(?:ber)?))?|mobile(?:_?(?:no|num(?:ber)?))?|tel(?:ephone)?(?:_?no)?"
    r"|e?_?mail|wechat|home_?address|address|birth(?:_?(?:day|date))?|date_of_birth|gender|sex"
    r"|plate(?:_?(?:no|num(?:ber)?))?|licen[cs]e_?plate|description|remarks?|comments?|notes?"
    r"|content|narrative|title)(?:$|[_\W])",
    re.IGNORECASE,
)
# Of them those who may be counted, where nothing but the unit follows.
_COUNTABLE = re.compile(
    r"(?:当事人|申请人|报告人|上报人|举报人|投诉人|来访人|信访人|调解员|责任人|承办人|处理人|办理人|网格员)"
    r"(?:[（(][人名][）)])?$"
)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def is_personal(header: str) -> bool:
    """Whether a header says that its column is about a person, or free text about people."""
    plain = header.strip()
    snake = _CAMEL.sub("_", plain)
    return bool(_PERSONAL.search(plain) or _LATIN.search(snake))


def may_count_people(header: str) -> bool:
    """Whether a personal header may be that of a number of people (在册网格员)."""
    plain = header.strip()
    people = _COUNTABLE.search(plain)
    return people is not None and not is_personal(plain[: people.start()])


def refuse_personal_columns(wanted: Iterable[str], numbers: Collection[str] = ()) -> None:
    """Refuse a mapping that reads columns about persons; `numbers` are read as numbers only.

    Raises:
        MappingError: names these columns.
    """
    found = [
        name
        for name in wanted
        if is_personal(name) and not (name in numbers and may_count_people(name))
    ]
    if found:
        raise MappingError(
            f"映射文件要读取的列 {'、'.join(found)} 是个人信息或自由文本，不得导入。"
            "请从映射文件中删去；如确非个人信息，请由来源方改列名后再导入。"
        )
