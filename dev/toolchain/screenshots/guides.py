"""The pictures of README and guides: what salespeople, heads, quality control and administrators see."""

import datetime
import functools

from .demo import DEAL, KITCHEN, LEAD, NAMES, TEXTS
from .photographer import Photographer

SALESPERSON = {"en": "anna", "ru": "oleg"}
DIALOG = ".modal-content"
#: Scrolls to an element, and back by what the buttons and stages above the card hide of it.
BELOW_THE_HEAD = """element => {
    element.scrollIntoView();
    let scrolled = element;
    while (scrolled && !scrolled.scrollTop) scrolled = scrolled.parentElement;
    scrolled?.scrollBy(0, -110);
}"""


class Guides(Photographer):
    """One method for each picture; its name is that of the file. Who looks is said in :attr:`ROUNDS`."""

    #: Whose screens are pictured, in which order.
    ROUNDS = (
        (
            None,
            ("leads_kanban", "lead_form", "checklist", "deal_form", "loss_dialog", "deferral_dialog"),
        ),
        ("demo", ("overdue", "cold_list", "import_check", "dashboard")),
        ("kira", ("quality_board", "verdict_dialog")),
        ("admin", ("presets", "stage_form", "requirement_form", "reminder_form", "process_map", "kitchen")),
        (None, ("move_dialog", "furniture_form")),
    )

    #: What people open who may not look up actions.
    ACTIONS = (
        *("crm_lead_action_overdue", "funnel_list_action", "funnel_import_action", "funnel_refusal_action"),
        *("funnel_dashboard_action",),
    )

    def take(self):
        """Take the pictures that are wanted."""
        self.look_up(self.ACTIONS)
        for login, names in self.ROUNDS:
            wanted = [name for name in names if not self.only or name in (*self.only, "kitchen")]
            if wanted:
                with self.session(login or SALESPERSON[self.language]):
                    for name in wanted:
                        getattr(self, name)()

    @functools.cached_property
    def texts(self):
        """What is typed in, in the language of the pictures."""
        return TEXTS[self.language]

    def name_of(self, xml_ids):
        """Return the title of the lead that this language's salesperson has."""
        return NAMES[xml_ids[self.language]][self.language]

    # ------------------------------------------------------------
    # SALESPERSON
    # ------------------------------------------------------------

    def leads_kanban(self):
        self.open_funnel("funnel_leads")
        self.picture("leads_kanban")

    def lead_form(self):
        self.open_lead("funnel_leads", self.name_of(LEAD))
        self.picture("lead_form")

    def checklist(self):
        self.open_lead("funnel_deals", self.name_of(DEAL))
        self.picture("checklist", of=".o_funnel_checklist", margin=16)

    def deal_form(self):
        self.open_lead("funnel_deals", self.name_of(DEAL))
        self.page.click("a[name=funnel_history]")
        self.picture("deal_form")

    def loss_dialog(self):
        self.open_lead("funnel_deals", self.name_of(DEAL))
        self.page.locator(".o_statusbar_buttons button[data-hotkey=l]").click()
        self.page.locator(".modal .o_selection_badge").nth(2).click()
        self.page.fill(".modal [name=lost_comment] textarea", self.texts["loss"])
        self.picture("loss_dialog", of=DIALOG)

    def deferral_dialog(self):
        self.open_lead("funnel_deals", self.name_of(DEAL))
        self.page.locator(".o_statusbar_buttons button[name*=defer]").click()
        day = datetime.date.today() + datetime.timedelta(days=75)
        self.page.fill(".modal [name=deferral_date] input", day.strftime(self.texts["date"]))
        self.page.keyboard.press("Tab")
        self.page.fill(".modal [name=deferral_reason] textarea", self.texts["deferral"])
        self.picture("deferral_dialog", of=DIALOG)

    # ------------------------------------------------------------
    # HEAD OF SALES
    # ------------------------------------------------------------

    def overdue(self):
        self.open_action("crm_lead_action_overdue", ".o_data_row")
        self.picture("overdue", height=420)

    def cold_list(self):
        self.open_record("funnel_list_action", "demo_list_hotels")
        self.picture("cold_list")

    def import_check(self):
        job = self.call("funnel.import", "search", [[("file_name", "=", self.texts["file_name"])]])
        self.page.goto(f"{self.url}/odoo/action-{self.id_of('funnel_import_action')}/{job[0]}")
        self.page.wait_for_selector(".o_form_view")
        self.picture("import_check", height=640)

    def dashboard(self):
        self.open_action("funnel_dashboard_action", ".o_funnel_card_value")
        self.picture("dashboard")

    # ------------------------------------------------------------
    # QUALITY CONTROL
    # ------------------------------------------------------------

    def quality_board(self):
        self.open_action("funnel_refusal_action", ".o_kanban_record")
        self.picture("quality_board", height=640)

    def verdict_dialog(self):
        self.open_action("funnel_refusal_action", ".o_kanban_record")
        self.page.locator("button[name=action_ask_return]").first.click()
        self.page.click(".modal [name=cause_id] input")
        self.page.locator(".o-autocomplete--dropdown-menu li").nth(1).click()
        self.page.fill(".modal [name=note] textarea", self.texts["verdict"])
        self.picture("verdict_dialog", of=DIALOG)

    # ------------------------------------------------------------
    # ADMINISTRATOR
    # ------------------------------------------------------------

    def presets(self):
        self.open_action("funnel_preset_action", ".o_kanban_record")
        self.picture("presets", height=400)

    def stage_form(self):
        self.open_record("crm_stage_action_funnel", "stage_lead_qualification")
        self.picture("stage_form", height=760)

    def requirement_form(self):
        self.open_record("crm_stage_action_funnel", "stage_lead_qualification")
        self.page.locator("[name=requirement_ids] .o_data_row td[name=name]").last.click()
        self.page.wait_for_selector(".modal .o_form_view")
        self.page.click(".modal-title")  # nothing is selected, nothing drops down
        self.picture("requirement_form", of=DIALOG)

    def reminder_form(self):
        self.open_record("funnel_reminder_action", "reminder_lead_new_no_contact")
        self.picture("reminder_form", height=800)

    def process_map(self):
        self.page.goto(f"{self.url}/odoo/funnel-map")
        self.page.wait_for_selector(".o_content svg")
        self.picture("process_map")

    # ------------------------------------------------------------
    # ANOTHER DEPARTMENT
    # ------------------------------------------------------------

    def kitchen(self):
        """Load the preset of another department and make a deal there; it is pictured by its salesperson."""
        self.call("funnel.preset", "action_load", [[self.id_of("preset_furniture")]])
        if not self.call("crm.lead", "search_count", [[("name", "=", self.texts["kitchen"])]]):
            self.call("crm.lead", "create", [{**KITCHEN, **self._choices()}])

    def _choices(self):
        option = "option_furniture_{}".format
        return {
            "name": self.texts["kitchen"],
            "team_id": self.id_of("funnel_furniture"),
            "user_id": self.id_of(f"demo_user_{SALESPERSON[self.language]}"),
            "source_id": self.id_of("source_website"),
            "deal_type_id": self.id_of(option("deal_type_retail_client")),
            "product_type_id": self.id_of(option("product_type_kitchen")),
            "client_status_id": self.id_of(option("client_status_ready_to_order")),
            "general_need_ids": [(4, self.id_of(option("general_need_new_home")))],
            "key_need_ids": [(4, self.id_of(option(f"key_need_{name}"))) for name in ("materials", "design")],
        }

    def furniture_form(self):
        self.open_lead("funnel_furniture", self.texts["kitchen"])
        self.page.locator(".o_notebook").evaluate(BELOW_THE_HEAD)
        self.picture("furniture_form")

    def move_dialog(self):
        self.open_funnel("funnel_furniture")
        self.drag(self.texts["kitchen"], 1)
        self.page.wait_for_selector(".o_funnel_move_dialog")
        self.picture("move_dialog", of=DIALOG)
