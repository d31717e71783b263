"""A sales department at work: its people, and what they do many times a day."""

import ast
import contextlib

import pytest
from odoorpc.error import RPCError

from .client_list import make_spreadsheet

#: What the import screen of the web client sends along.
IMPORT_OPTIONS = {
    "import_skip_records": [],
    "import_set_empty_fields": [],
    "fallback_values": {},
    "name_create_enabled_fields": {},
    "encoding": "",
    "separator": "",
    "quoting": '"',
    "date_format": "",
    "datetime_format": "",
    "float_thousand_separator": ",",
    "float_decimal_separator": ".",
    "advanced": True,
    "has_headers": True,
    "keep_matches": False,
    "limit": 2000,
    "sheets": [],
    "sheet": "",
    "skip": 0,
    "tracking_disable": True,
}


class Office:
    """Anna sells, and so does Clara; Boris is the head of sales; the administrator has hired them."""

    def __init__(self, live):
        self.live = live
        self.admin = live.log_in("admin", "admin", lang="en_US")
        self.anna = self._hire("anna", "sales_team.group_sale_salesman")
        self.anna_in_russian = live.log_in("anna", "anna", lang="ru_RU")
        self.clara = self._hire("clara", "sales_team.group_sale_salesman")
        self.boris = self._hire("boris", "sales_team.group_sale_salesman_all_leads")
        funnels = [self.admin.ref("funnel_leads"), self.admin.ref("funnel_deals")]
        self.admin.write("crm.team", funnels, user_id=self.boris.user_id)
        company_id = self.admin.read("res.users", self.admin.user_id, "company_id")["company_id"]
        self.admin.write("res.company", company_id, country_id=self.admin.ref("base.ru"))

    def _hire(self, login, group):
        self.admin.create(
            "res.users",
            name=login.capitalize(),
            login=login,
            password=login,
            lang="ru_RU",
            group_ids=[(6, 0, [self.admin.ref(group)])],
        )
        return self.live.log_in(login, login, lang="en_US")

    # ------------------------------------------------------------
    # LEADS
    # ------------------------------------------------------------

    def new_lead(self, desk=None, **values):
        """Return a new lead of the funnel of leads, made by Anna if nobody else is named."""
        return (desk or self.anna).create("crm.lead", team_id=self.admin.ref("funnel_leads"), **values)

    def worked_lead(self, desk=None, **values):
        """Return a lead on which everything has been done that the checklists of its funnel ask for."""
        lead_id = self.new_lead(desk, **values)
        self.do_tasks(lead_id, "funnel_leads", desk)
        return lead_id

    def qualified_lead(self, desk=None, **values):
        """Return a lead that has everything that the conversion asks for, and on which everything has been done."""
        desk = desk or self.anna
        known = {
            "contact_name": "Вера Мороз",
            "phone": "+7 912 345-67-89",
            "source_id": desk.ref("source_website"),
            "description": "Нужна кухня",
            **values,
        }
        return self.worked_lead(desk, **known)

    def new_deal(self, **values):
        """Return a deal of Anna in the first stage of the deals."""
        return self.anna.create("crm.lead", **{"team_id": self.anna.ref("funnel_deals"), "name": "Кухня", **values})

    def worked_deal(self, **values):
        """Return a deal in the first stage on which everything has been done that its funnel asks for."""
        deal_id = self.new_deal(**values)
        self.do_tasks(deal_id, "funnel_deals")
        return deal_id

    def do_tasks(self, lead_id, funnel, desk=None):
        """Do what the stages of a funnel ask for: Anna her tasks, Boris the approvals and what nobody is there for."""
        domain = [("stage_id.team_ids", "in", [self.admin.ref(funnel)]), ("mandatory", "=", True)]
        for template in self.admin.rows("funnel.task.template", domain, "id", "kind", "role_id"):
            doer = self.boris if template["role_id"] else (desk or self.anna)
            state = "approved" if template["kind"] == "approval" else "done"
            doer.create("funnel.task", lead_id=lead_id, template_id=template["id"], state=state)

    def move(self, lead_id, stage, desk=None):
        """Drag a card to a stage: the web client writes nothing but the stage."""
        desk = desk or self.anna
        desk.call("crm.lead", "web_save", [lead_id], {"stage_id": desk.ref(stage)}, {"stage_id": {}})

    def convert(self, lead_id):
        """Convert a lead in the dialog, as Anna, without changing anything in it."""
        context = {"active_model": "crm.lead", "active_id": lead_id, "active_ids": [lead_id]}
        wizard = self.anna.call("crm.lead2opportunity.partner", "create", {}, context=context)
        return self.anna.call("crm.lead2opportunity.partner", "action_apply", [wizard], context=context)

    def convert_together(self, lead_ids):
        """Convert several leads in the dialog of the list, as Anna."""
        model = "crm.lead2opportunity.partner.mass"
        context = {"active_model": "crm.lead", "active_id": lead_ids[0], "active_ids": lead_ids}
        wizard = self.anna.call(model, "create", {"deduplicate": False}, context=context)
        self.anna.call(model, "action_mass_convert", [wizard], context=context)

    def lose(self, lead_ids, reason=False, **answers):
        """Lose leads in the dialog, as Anna; ``answers`` are what the dialog asks for beside the reason."""
        reason_id = reason and self.anna.ref(reason)
        wizard = self.anna.create("crm.lead.lost", lead_ids=[(6, 0, lead_ids)], lost_reason_id=reason_id, **answers)
        self.anna.call("crm.lead.lost", "action_lost_reason_apply", [wizard])

    def place(self, lead_id):
        """Return the XML ids of the funnel and the stage in which a lead is, without the name of the addon."""
        lead = self.admin.read("crm.lead", lead_id, "team_id", "stage_id")
        return self.xml_id("crm.team", lead["team_id"]), self.xml_id("crm.stage", lead["stage_id"])

    def xml_id(self, model, record_id):
        [row] = self.admin.rows("ir.model.data", [("model", "=", model), ("res_id", "=", record_id)], "module", "name")
        return row["name"] if row["module"] == "sales_funnel_addon" else f"{row['module']}.{row['name']}"

    def log(self, lead_id, desk=None):
        """Return the log of a lead from its beginning, as a user sees it on the card."""
        names = ("kind", "from_stage_id", "to_stage_id", "user_id", "reason")
        return (desk or self.anna).rows("funnel.move", [("lead_id", "=", lead_id)], *names, order="date, id")

    # ------------------------------------------------------------
    # IMPORT
    # ------------------------------------------------------------

    def import_file(self, desk, funnel, headers, rows, columns=None, *, dryrun=False):
        """Import a spreadsheet from the screen of a funnel.

        :param headers: the first row of the file
        :param list columns: the field of each column; by default what the importer suggests
        :param bool dryrun: only try it, as the button *Test* does
        :returns: what the importer answers to the preview and to the import
        """
        screen = desk.call("crm.team", "action_open_funnel", [desk.ref(funnel)])
        context = {**ast.literal_eval(screen["context"]), "tracking_disable": True}
        import_id = desk.create("base_import.import", res_model="crm.lead")
        content = make_spreadsheet(headers, rows)
        desk.upload("base_import/set_file", "clients.xlsx", content, id=str(import_id))
        preview = desk.call("base_import.import", "parse_preview", import_id, IMPORT_OPTIONS, context=context)
        if columns is None:
            columns = ["/".join(preview["matches"][str(index)]) for index in range(len(headers))]
        labels = [header.lower() for header in headers]
        options = preview["options"]
        result = desk.call(
            "base_import.import", "execute_import", import_id, columns, labels, options, dryrun=dryrun, context=context
        )
        return preview, result

    # ------------------------------------------------------------
    # REFUSALS
    # ------------------------------------------------------------

    @contextlib.contextmanager
    def nothing_written(self):
        """Assert that the block leaves every lead, contact, message and log entry as it was."""
        before = self._get_facts()
        yield
        assert self._get_facts() == before

    @contextlib.contextmanager
    def refused(self, *reasons, kind="ValidationError"):
        """Assert that the block is refused for all these reasons, in these words, and writes nothing.

        :param str kind: the class of the error on the server
        """
        with self.nothing_written(), pytest.raises(RPCError) as caught:
            yield caught
        message = str(caught.value)
        assert [reason for reason in reasons if reason not in message] == [], f"missing in: {message}"
        assert caught.value.info["data"]["name"].rpartition(".")[2] == kind

    def _get_facts(self):
        names = ("name", "type", "team_id", "stage_id", "partner_id", "active", "won_status", "lost_reason_id")
        leads = self.admin.rows("crm.lead", [], *names, "lost_comment", "contract_amount", "write_date")
        counts = [self.admin.count(model) for model in ("res.partner", "mail.message", "mail.activity", "funnel.move")]
        return leads, counts
