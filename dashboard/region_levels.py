"""Levels of regions in words. What lies at which level stands in `data_access.schema.regions`."""

LEVEL_WORDS = {
    "province": "省",
    "city": "设区市",
    "county": "县(市、区)",
    "town": "乡镇(街道)",
    "village": "村(社区)",
    "grid": "网格",
}
