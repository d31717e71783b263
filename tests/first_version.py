"""The first version of the addon as people received it, and the work that they had done with it when they upgraded.

``files/sales_funnel_addon-19.0.1.0.0.tar.xz`` is the folder of the addon as it was released, less its pictures::

    git archive d47fa75 sales_funnel_addon | tar x
    rm sales_funnel_addon/static/description/*.png
    tar --sort=name --owner=0 --group=0 --mtime=2026-11-21 -cJf sales_funnel_addon-19.0.1.0.0.tar.xz sales_funnel_addon

It is kept as a file because neither a shallow clone nor a package has the history to take it from.
"""

import dataclasses
import tarfile
from pathlib import Path

from toolchain import odoo_source

ARCHIVE = Path(__file__).with_name("files") / "sales_funnel_addon-19.0.1.0.0.tar.xz"


def unpack(folder):
    """Unpack the first version into a folder.

    :param pathlib.Path folder: an empty one

    :returns: Odoo that finds the addon there instead of in the checkout
    :rtype: odoo_source.OdooSource
    """
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(folder, filter="data")
    return dataclasses.replace(odoo_source.ensure_odoo(), own_paths=(folder,))


def work(admin):
    """Configure the funnels and lead clients through them, in the ways that the first version knew.

    :param admin: the desk of an administrator
    :returns: the ids of the leads by name
    :rtype: dict
    """
    configure(admin)
    return {**lead_requests(admin), **lead_deals(admin), **meet_clients(admin)}


def configure(admin):
    """Make the presets one's own."""
    admin.write("crm.team", admin.ref("funnel_leads"), name="Requests")
    admin.write("crm.stage", admin.ref("stage_lead_new"), name="Fresh", sequence=11)
    admin.write("crm.stage", admin.ref("stage_deal_contract"), is_irreversible=True)
    admin.call("crm.stage", "unlink", [admin.ref("stage_lead_no_answer")])
    admin.write("funnel.requirement", admin.ref("requirement_payment_complete"), message="Wait for the money")
    admin.call("funnel.requirement", "unlink", [admin.ref("requirement_qualification_need")])
    admin.call("crm.lost.reason", "unlink", [admin.ref("reason_no_talk")])
    translated = {"context": {"lang": "ru_RU"}}
    admin.call("crm.stage", "write", [admin.ref("stage_lead_contact")], {"name": "Знакомство"}, **translated)
    admin.write("crm.lost.reason", admin.ref("reason_expensive"), comment_required=False)
    admin.write("utm.source", admin.ref("source_website"), label="Our site")


def make_lead(admin, funnel, name, **values):
    return admin.create("crm.lead", name=name, team_id=admin.ref(funnel), **values)


def lose(admin, lead, reason):
    admin.call("crm.lead", "action_set_lost", [lead], lost_reason_id=admin.ref(reason), lost_comment="Because")


def lead_requests(admin):
    """Let requests come in, be lost, restored and converted; return their ids by name."""
    client = {"phone": "8 (912) 345-67-89", "email_from": "Ivan@Example.com", "contact_name": "Ivan"}
    names = ("Open", "Lost", "Junk", "Restored", "Converted")
    source = {"source_id": admin.ref("source_website"), "medium_id": admin.ref("medium_by_hand")}
    leads = {name: make_lead(admin, "funnel_leads", name, **client, **source) for name in names}
    for name, reason in (("Lost", "reason_no_request"), ("Junk", "junk_test"), ("Restored", "reason_wrong_contacts")):
        lose(admin, leads[name], reason)
    admin.call("crm.lead", "action_unarchive", [leads["Restored"]])
    admin.write("crm.lead", leads["Converted"], stage_id=admin.ref("stage_lead_contact"))
    admin.call("crm.lead", "convert_opportunity", [leads["Converted"]], False)
    return leads


def lead_deals(admin):
    """Lead deals forward and back, win, lose and defer some; return all with those of a funnel of one's own."""
    funnel = admin.create("crm.team", name="Wardrobes", funnel_kind="deal")
    sketch, assembly = (
        admin.create("crm.stage", name=name, sequence=sequence, team_ids=[(6, 0, [funnel])])
        for sequence, name in enumerate(("Sketch", "Assembly"))
    )
    city = [(6, 0, [admin.ref("crm.field_crm_lead__city")])]
    admin.create("funnel.requirement", stage_id=assembly, field_ids=city)
    paid = {"contract_amount": 100, "received_amount": 100}
    leads = {
        "Moved": make_lead(admin, "funnel_deals", "Moved", contract_amount=40, received_amount=30),
        "Overridden": make_lead(admin, "funnel_deals", "Overridden"),
        "Won": make_lead(admin, "funnel_deals", "Won", expected_revenue=700, **paid),
        "Lost deal": make_lead(admin, "funnel_deals", "Lost deal"),
        "Lost for another reason": make_lead(admin, "funnel_deals", "Lost for another reason"),
        "Deferred": make_lead(admin, "funnel_deals", "Deferred"),
        "Wardrobe": admin.create("crm.lead", name="Wardrobe", team_id=funnel, stage_id=assembly, city="Perm"),
    }
    admin.write("crm.lead", leads["Moved"], stage_id=admin.ref("stage_deal_proposal"))
    admin.write("crm.lead", leads["Moved"], stage_id=admin.ref("stage_deal_specification"))
    for name, stage in (("Overridden", "stage_deal_shipment"), ("Won", "stage_deal_won")):
        admin.call("crm.lead", "funnel_override_move", [leads[name]], admin.ref(stage), "Work of last year")
    lose(admin, leads["Lost deal"], "reason_competitor")
    lose(admin, leads["Lost for another reason"], "reason_other")
    admin.write("crm.lost.reason", admin.ref("reason_other"), name="Something else")
    admin.write("crm.lead", leads["Deferred"], team_id=admin.ref("funnel_deferred"))
    admin.write("crm.lead", leads["Wardrobe"], stage_id=sketch)
    return leads


def meet_clients(admin):
    """Let clients come again in all ways in which they may be known, or seem to be; return the leads by name."""
    ours, theirs = (admin.create("res.company", name=name) for name in ("Ours", "Theirs"))
    [user] = admin.rows("res.users", [("login", "=", "admin")], "id")
    admin.write("res.users", user["id"], company_ids=[(4, ours), (4, theirs)])
    funnel = admin.create("crm.team", name="Everybody's", funnel_kind="deal", company_id=False)
    admin.create("crm.stage", name="Begin", team_ids=[(6, 0, [funnel])])
    colleague = admin.create("res.users", name="Colleague", login="colleague", phone="+79120000007")

    def contact(name, number=None, **values):
        phone = number and f"+7912000{number:04}"
        return admin.create("res.partner", name=name, phone=phone, **values)

    def lead(name, number=None, **values):
        common = {"team_id": funnel, "user_id": False, "company_id": False, "phone": number and f"8912000{number:04}"}
        return admin.create("crm.lead", name=name, **{**common, **values})

    leads = {"Before the contact": lead("Before the contact", 1)}
    contact("Known", 1)
    leads["After the contact"] = lead("After the contact", 1)
    own = contact("Own", 2)
    leads["Own contact"] = lead("Own contact", partner_id=own)
    leads["Own contact again"] = lead("Own contact again", partner_id=own)
    firm = contact("Firm", is_company=True)
    _boss, clerk = contact("Boss", 3, parent_id=firm), contact("Clerk", parent_id=firm)
    leads["Own firm"] = lead("Own firm", 3, partner_id=clerk)
    kept = contact("Kept by a colleague", 4, user_id=colleague)
    leads["Colleague's contact"] = lead("Colleague's contact", 4, partner_id=kept, user_id=user["id"])
    leads["Nobody's lead"] = lead("Nobody's lead", 5, partner_id=contact("Kept too", 5, user_id=colleague))
    leads["Number of a colleague"] = lead("Number of a colleague", 7)
    for name, company in (("Ours", ours), ("Theirs", theirs), ("Everybody's", False), ("Ours again", ours)):
        leads[name] = lead(name, 8, company_id=company)
    for name, company in (("For all", False), ("For us", ours)):
        leads[name] = lead(name, 9, company_id=company)
    contact("Their contact", 10, company_id=theirs)
    leads["Their contact for us"] = lead("Their contact for us", 10, company_id=ours)
    leads["Their contact for them"] = lead("Their contact for them", 10, company_id=theirs)
    lead("Outside the funnels", 11, team_id=False)
    leads["Seen outside"] = lead("Seen outside", 11)
    leads["Waiting"] = lead("Waiting", 11, team_id=admin.ref("funnel_deferred"))
    leads["By address"] = lead("By address", email_from="Anna <ANNA@example.com>; anna@example.com")
    leads["By address again"] = lead("By address again", 12, email_from="anna@example.com")
    leads["Nameless"] = lead("Nameless")
    return leads
