"""Small raw files in every format, worked out by hand; no tests here."""

from __future__ import annotations

import zipfile
from pathlib import Path

RATINGS = "1::10::5::30\n1::20::3::10\n1::30::4::20\n2::20::5::7\n2::10::1::7\n2::30::4::5\n"
USERS = "1::M::25::4::02139\n2::F::1::10::48067\n"
MOVIES = "10::Café (1990)::Drama|War\n20::Second, The: a film (1991)::Comedy\n30::Third (1992)::Drama\n"
INTER = "user_id:token\titem_id:token\trating:float\ttimestamp:float\n"
USER = "user_id:token\tage:token\tgender:token\toccupation:token\tzip_code:token\n"
ITEM = "item_id:token\tmovie_title:token_seq\trelease_year:token\tgenre:token_seq\n"


def write(folder: Path, **files: str | bytes) -> Path:
    """Write files; two underscores stand for a point."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        path = folder / name.replace("__", ".")
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def dat(folder: Path) -> Path:
    return write(folder, ratings__dat=RATINGS, users__dat=USERS, movies__dat=MOVIES.encode("latin-1"))


def atomic(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    lines = [line.split("::") for line in RATINGS.splitlines()]
    (folder / "ml-1m.inter").write_text(INTER + "".join("\t".join(line) + "\n" for line in lines))
    (folder / "ml-1m.user").write_text(USER + "1\t25\tM\t4\t02139\n2\t1\tF\t10\t48067\n")
    (folder / "ml-1m.item").write_text(
        ITEM + "10\tCafé\t1990\tDrama War\n20\tSecond\t1991\tComedy\n30\tThird\t1992\tDrama\n"
    )
    return folder


def packed(folder: Path, archive: Path) -> Path:
    archive.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as target:
        for path in sorted(folder.iterdir()):
            target.write(path, f"ml-1m/{path.name}")
    return archive


# User 1: pv of 7, 8, 8, 9 and a purchase; user 2 has no row; user 3 is dropped, having too few.
CIKM = {
    "user__csv": "1,0,24,3\n3,1,35,1\n4,2,61,2\n",
    "item__csv": "7,100,5,50\n8,200,5,51\n9,100,6,50\n",
    "user_behavior__csv": (
        "1,9,pv,40\n1,7,pv,10\n1,8,pv,20\n1,8,pv,20\n1,7,buy,15\n"
        "2,8,pv,1\n2,77,pv,2\n2,9,pv,3\n3,7,pv,1\n4,7,cart,1\n4,7,pv,9\n4,8,pv,9\n4,9,pv,9\n"
    ),
}
DIVERSITY = {
    "ECommAI_ubp_round1_user_feature": "1\tM\t[18,20]\t\t3\t5000\t1,2\n4\tF\t>=60\t2\t\t\t\n",
    "ECommAI_ubp_round1_item_feature": "7\t1\t100\t50\t9.9\n8\t1\t200\t51\t1\n9\t2\t100\t50\t\n",
    "ECommAI_ubp_round1_train": (
        "1\t9\tclk\t20190612\n1\t7\tclk\t20190610\n1\t8\tclk\t20190611\n1\t7\tbuy\t20190610\n"
        "4\t7\tclk\t20190610\n4\t8\tcollect\t20190610\n4\t8\tclk\t20190610\n4\t9\tclk\t20190610\n"
    ),
}
HEAD = (
    "userid,cms_segid,cms_group_id,final_gender_code,age_level,pvalue_level,shopping_level,occupation,"
    "new_user_class_level \n"  # the space is in the original
)
ALIEC = {
    "raw_sample__csv": (
        "user,time_stamp,adgroup_id,pid,nonclk,clk\n1,30,7,430548_1007,0,1\n1,10,8,430548_1007,0,1\n"
        "1,20,9,430548_1007,0,1\n1,5,9,430548_1007,1,0\n2,1,7,430539_1007,0,1\n2,2,8,430539_1007,0,1\n"
        "2,3,7,430539_1007,0,1\n"
    ),
    "ad_feature__csv": (
        "adgroup_id,cate_id,campaign_id,customer,brand,price\n7,1,5,50,95471,170.0\n8,2,5,50,NULL,199.0\n9,1,6,51,3,5\n"
    ),
    "user_profile__csv": HEAD + "1,0,5,2,3,,3,0,\n2,0,5,1,4,1,3,0,3\n",
    "behavior_log__csv": (
        "user,time_stamp,btag,cate,brand\n1,3,pv,1,10\n1,1,pv,2,10\n1,2,pv,1,11\n1,4,buy,1,10\n"
        "2,1,pv,2,10\n2,1,pv,1,10\n2,9,pv,1,10\n"
    ),
}
