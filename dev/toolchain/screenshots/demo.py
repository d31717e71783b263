"""What the pictures need beyond the demo data: names in the reader's language, a table that was checked."""

import base64

from .photographer import Photographer

#: What each of the salespeople has on the board; Anna works in English, Oleg in Russian.
LEAD = {"en": "demo_l15", "ru": "demo_l14"}
DEAL = {"en": "demo_d08", "ru": "demo_d07"}
#: Those who look at the pictures that are no salesperson's.
LOOKERS = ("base.user_admin", "base.user_demo", "demo_user_kira")

#: An estimate of a kitchen, without what is asked for on the way to the next stage.
KITCHEN = {
    "phone": "+7 912 345-67-89",
    "expected_revenue": 310000,
    "preliminary_discount": 5,
    "preliminary_amount": 310000,
}
#: What runs by itself on a server with scheduled actions: reminders are armed and fire, tables are checked.
CRONS = ("ir_cron_arm_timers", "ir_cron_fire_timers", "ir_cron_run_imports")

TEXTS = {
    "en": {
        "kitchen": "Kitchen for the Mironov family",
        "date": "%m/%d/%Y",
        "loss": "18 % above the budget, call again in spring",
        "deferral": "The new budget comes in spring; he asked not to be called before.",
        "verdict": "He compared with stock goods. Show the samples and offer instalments.",
        "file_name": "Restaurants, spring base.csv",
        "table": (
            "Contact Name;Company;Phone;Email;City\n"
            "Maria Lind;Café Magnolia;+1 202 555 0801;maria@magnolia.example;Boston\n"
            "Peter Stone;Harbour Bistro;+1 202 555 0802;peter@bistro.example;Salem\n"
            "Ann Wood;Old Mill;+1 202 555 0803;ann@mill.example;Lowell\n"
            "Ann Wood;Old Mill;+1 202 555 0803;ann@mill.example;Lowell\n"
            "Igor Belov;;+1 202 555 0103;;Salem\n"
            "Paul Reed;Green Fork;12-34;;Boston\n"
            "Eva Marsh;Sunny Side;+1 202 555 0804;eva@sunny;Quincy\n"
        ),
    },
    "ru": {
        "kitchen": "Кухня Мироновых",
        "date": "%d.%m.%Y",
        "loss": "На 18 % выше бюджета, позвонить ещё раз весной",
        "deferral": "Новый бюджет утвердят весной, раньше просил не звонить.",
        "verdict": "Клиент сравнивал с готовой мебелью. Показать образцы и предложить рассрочку.",
        "file_name": "Рестораны, весенняя база.csv",
        "table": (
            "Имя;Компания;Телефон;Эл. почта;Город\n"
            "Мария Линд;Кафе «Магнолия»;+7 912 345-08-01;maria@magnolia.example;Тверь\n"
            "Пётр Стоянов;Бистро «Гавань»;+7 912 345-08-02;petr@bistro.example;Ржев\n"
            "Анна Лесная;Старая мельница;+7 912 345-08-03;anna@mill.example;Торжок\n"
            "Анна Лесная;Старая мельница;+7 912 345-08-03;anna@mill.example;Торжок\n"
            "Игорь Белов;;+1 202 555 0103;;Ржев\n"
            "Павел Реутов;Зелёная вилка;12-34;;Тверь\n"
            "Ева Маршак;Солнечная сторона;+7 912 345-08-04;eva@sunny;Кимры\n"
        ),
    },
}


def _names(*rows):
    return {f"demo_{key}": {"en": english, "ru": russian} for key, english, russian in rows}


#: The titles of leads of the demo data, which no translation file holds.
NAMES = _names(
    ("l01", "Kitchen cabinets for a new flat", "Кухонные шкафы в новую квартиру"),
    ("l02", "Wholesale price list", "Оптовый прайс-лист"),
    ("l03", "Call back about delivery terms", "Перезвонить по срокам поставки"),
    ("l04", "Question from the trade fair", "Вопрос с выставки"),
    ("l05", "Message in the messenger: urgent", "Сообщение в мессенджере: срочно"),
    ("l06", "Office furniture for 40 people", "Мебель в офис на 40 человек"),
    ("l07", "Replacement doors", "Замена дверей"),
    ("l08", "Repeat order of shelves", "Повторный заказ полок"),
    ("l09", "Small batch of handles", "Небольшая партия ручек"),
    ("l10", "Showroom samples", "Образцы для шоурума"),
    ("l11", "Fittings for a hotel", "Фурнитура для гостиницы"),
    ("l12", "Worktops, three colours", "Столешницы трёх цветов"),
    ("l13", "Bedroom set for a show flat", "Спальня для демо-квартиры"),
    ("l14", "Shelving for a pharmacy chain", "Стеллажи для сети аптек"),
    ("l15", "Counter for a coffee shop", "Стойка для кофейни"),
    ("d01", "Shop fittings, first store", "Оборудование первого магазина"),
    ("d02", "Hardware for kitchens, yearly contract", "Фурнитура для кухонь, годовой договор"),
    ("d03", "Counter and back wall", "Прилавок и задняя стенка"),
    ("d04", "Office chairs, 60 pieces", "Офисные кресла, 60 штук"),
    ("d05", "Warehouse racks", "Складские стеллажи"),
    ("d06", "Reception desk", "Стойка администратора"),
    ("d07", "Library shelves", "Стеллажи для библиотеки"),
    ("d08", "Doors for 12 flats", "Двери для 12 квартир"),
    ("d09", "Garden furniture", "Садовая мебель"),
    ("d10", "Kitchen fronts", "Кухонные фасады"),
    ("d11", "Bar stools, 80 pieces", "Барные стулья, 80 штук"),
    ("d12", "Conference tables", "Столы для переговоров"),
    ("r01", "Reception desk", "Стойка администратора"),
    ("r02", "Wardrobe for a hallway", "Шкаф в прихожую"),
    ("r03", "Office chairs, 20 pieces", "Офисные кресла, 20 штук"),
    ("r04", "Shelves for a wine shop", "Стеллажи для винного магазина"),
    ("hotel_01", "Hotel Aurora", "Отель «Аврора»"),
    ("hotel_02", "Grand Park Hotel", "Гранд-отель «Парк»"),
    ("hotel_03", "Seaside Inn", "Гостиница «У моря»"),
    ("hotel_04", "Hotel Central", "Гостиница «Центральная»"),
    ("hotel_05", "Mountain Lodge", "Турбаза «Горная»"),
    ("hotel_06", "Airport Hotel", "Отель «Аэропорт»"),
    ("restaurant_07", "Harbour Grill", "Гриль «Гавань»"),
)
#: What else stands on the pictures: whose it is, in which field, in English and in Russian.
WORDS = (
    ("crm.lead", "demo_l02", "contact_name", "Garden & Home Ltd", "ООО «Сад и дом»"),
    ("crm.lead", "demo_l04", "contact_name", "Elena Sidorova", "Елена Сидорова"),
    ("crm.lead", "demo_l07", "contact_name", "Igor Belov", "Игорь Белов"),
    ("crm.lead", "demo_l09", "contact_name", "Olga Kim", "Ольга Ким"),
    ("crm.lead", "demo_l11", "contact_name", "Hotel Aurora", "Гостиница «Аврора»"),
    ("crm.lead", "demo_l14", "contact_name", "Vera Novak", "Вера Новак"),
    ("crm.lead", "demo_hotel_02", "contact_name", "Viktor Ross", "Виктор Росс"),
    ("crm.lead", "demo_hotel_03", "contact_name", "Emma Clark", "Эмма Кларк"),
    ("crm.lead", "demo_hotel_04", "contact_name", "Yuri Zaitsev", "Юрий Зайцев"),
    ("crm.lead", "demo_restaurant_07", "contact_name", "Tom Fischer", "Том Фишер"),
    ("funnel.list", "demo_list_hotels", "name", "Hotels, bought base", "Гостиницы, купленная база"),
    ("funnel.list", "demo_list_hotels", "audience", "Purchasing departments of hotels", "Отделы закупок гостиниц"),
    ("funnel.list", "demo_list_restaurants", "name", "Restaurants of the region", "Рестораны области"),
    ("res.users", "demo_user_anna", "name", "Anna Sokolova", "Анна Соколова"),
    ("res.users", "demo_user_oleg", "name", "Oleg Petrov", "Олег Петров"),
    ("res.users", "base.user_demo", "name", "Marc Demo", "Марк Демин"),
    ("res.users", "base.user_admin", "name", "Mitchell Admin", "Михаил Админов"),
)


class Demo(Photographer):
    """Prepares the demo database for pictures in one language."""

    def prepare(self):
        """Let everybody who looks read the language, check a table, and do what scheduled actions would have done."""
        with self.session("admin"):
            code = {"en": "en_US", "ru": "ru_RU"}[self.language]
            self.call("res.users", "write", [[self.id_of(user) for user in LOOKERS], {"lang": code}])
            for xml_id, name in NAMES.items():
                self._rename("crm.lead", xml_id, {"name": name[self.language]})
            for model, xml_id, field, english, russian in WORDS:
                self._rename(model, xml_id, {field: {"en": english, "ru": russian}[self.language]})
        with self.session("demo"):
            self._start_check()
        with self.session("admin"):
            for cron in CRONS:
                self.call("ir.cron", "method_direct_trigger", [[self.id_of(cron)]])

    def _rename(self, model, xml_id, values):
        """Write values that the chatter says nothing of."""
        self.call(model, "write", [[self.id_of(xml_id)], values], context={"tracking_disable": True})

    def _start_check(self):
        """Have a table checked, unless it was."""
        texts = TEXTS[self.language]
        if self.call("funnel.import", "search_count", [[("file_name", "=", texts["file_name"])]]):
            return
        values = {
            "list_id": self.id_of("demo_list_restaurants"),
            "file": base64.b64encode(texts["table"].encode()).decode(),
            "file_name": texts["file_name"],
        }
        self.call("funnel.import", "action_check", [[self.call("funnel.import", "create", [values])]])
