"""A small funnel that follows documents, and people who work on them without any rights in sales."""

from odoo.fields import Command

from ..common import FunnelCase


class WorkCase(FunnelCase):
    #: The module that glues the app, and which of its states the stages follow, by the name of the stage.
    module = None
    follows = {}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.work = cls.make_funnel(
            "Work", "followup", ["New", "Waiting", "Making", "Checking", "Finished!"], user_id=cls.head.id
        )
        cls.new_work, cls.waiting, cls.making, cls.checking, cls.finished = cls.work.stage_ids.sorted("sequence")
        cls.client = cls.env["res.partner"].create({"name": "Client"})
        for name, state in cls.follows.items():
            cls.follow(cls.stage(cls.work, name), state)

    @classmethod
    def state(cls, name):
        return cls.env.ref(f"{cls.module}.state_{name}")

    @classmethod
    def follow(cls, stage, state):
        stage.work_rule_ids = [Command.create({"state_id": cls.state(state).id})]

    @classmethod
    def make_card(cls, count=1, **values):
        cards = cls.make_leads(cls.work, count, user_id=cls.salesperson.id, partner_id=cls.client.id, **values)
        cls.settle()
        return cards

    @classmethod
    def settle(cls):
        """Let happen what happens at the end of a transaction."""
        cls.env.cr.flush()
        cls.env.invalidate_all()

    def at(self, card):
        """Return in which stage a card is after the transaction."""
        self.settle()
        return card.stage_id.name

    def notes(self, card):
        return " ".join(card.message_ids.mapped("body"))

    def last_move(self, card):
        return card.funnel_move_ids.sorted("id")[-1]
