"""A department that works with a preset: its people, its funnel, and a calendar of March 2026 in Moscow."""

from datetime import timedelta

from odoo.fields import Command
from odoo.tests import new_test_user

from ..common import ADDON
from ..test_preset_reminders import PresetReminderCase


class DepartmentCase(PresetReminderCase):
    """The funnel of a preset, loaded into a running system; roles are played by people with no other rights."""

    #: The code of the preset, and of the roles that somebody plays.
    preset = None
    staff = ()
    #: The XML id of the funnel without its beginning, if it is not the code of the preset.
    funnel_code = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.ref(f"{ADDON}.preset_{cls.preset}").action_load()
        cls.funnel = cls.env.ref(f"{ADDON}.funnel_{cls.funnel_code or cls.preset}")
        cls.funnel.write({"user_id": cls.head.id, "resource_calendar_id": cls.make_office().id})
        cls.people = {role: cls.hire(role) for role in cls.staff}
        cls.salesperson.lang = "en_US"

    @classmethod
    def hire(cls, role):
        """Return a new user who plays a role in all funnels."""
        user = new_test_user(cls.env, role, f"{ADDON}.group_funnel_user", name=role.capitalize())
        cls.ref(f"role_{role}").assignment_ids = [Command.create({"user_id": user.id})]
        return user

    @classmethod
    def ref(cls, name):
        return cls.env.ref(f"{ADDON}.{name}")

    def moscow(self, day, hour, minute=0):
        """Return a moment in UTC, given what the clock in Moscow shows; the 32nd of March is the 1st of April."""
        return super().moscow(1, hour, minute) + timedelta(days=day - 1)

    def stage(self, name):
        return self.ref(f"stage_{self.preset}_{name}")

    def place(self, deal):
        """Return in which stage of the preset a deal is, by the end of its XML id."""
        deal.invalidate_recordset()
        xml_id = deal.sudo().stage_id.get_external_id()[deal.sudo().stage_id.id]
        return xml_id.removeprefix(f"{ADDON}.stage_{self.preset}_")

    def move(self, deal, name):
        """Drag a card, as the salesperson."""
        deal.stage_id = self.stage(name)
        self.assertEqual(self.place(deal), name)

    def refuses(self, deal, name, *reasons):
        """Assert that a card cannot be dragged to a stage, for each of some reasons."""
        for reason in reasons:
            with self.assertRaisesRegex(Exception, reason):
                deal.stage_id = self.stage(name)
        self.assertNotEqual(self.place(deal), name)

    def task(self, deal, name):
        """Return the task of a deal by the end of the XML id of its template."""
        return self.task_of(deal.sudo(), self.ref(f"task_{self.preset}_{name}"))

    def tick(self, deal, *names):
        """Do tasks of the salesperson."""
        for name in names:
            self.task(deal, name).with_user(self.salesperson).action_do()

    def attach(self, deal, kind, name="sheet.pdf"):
        """Attach a document of a kind, as the salesperson."""
        values = {"name": name, "raw": b"%PDF-1.4", "res_model": "crm.lead", "res_id": deal.id}
        attachment = deal.env["ir.attachment"].create(values)
        kind_id = self.ref(f"document_{self.preset}_{kind}").id
        return deal.env["funnel.document"].create(
            {"lead_id": deal.id, "kind_id": kind_id, "attachment_id": attachment.id}
        )

    def approve(self, deal, name, role):
        """Ask for an approval as the salesperson and give it as whoever plays a role."""
        task = self.task(deal, name)
        if task.state == "open":
            task.with_user(self.salesperson).action_request()
        task.with_user(self.people.get(role, self.head)).action_approve()

    def told(self, day, hour, minute=0):
        """Let the scheduled action run at a moment of March in Moscow; return who was told what, without the lead."""
        found = self.run_timers(self.moscow(day, hour, minute))
        return sorted((delivery.user_id.name, delivery.reminder_id.name) for delivery in found)
