"""A spreadsheet of clients, as a sales department gets it: every phone spelled in another way, cells left empty."""

import dataclasses
import io

import openpyxl

FIRST_NAMES = ("Анна", "Борис", "Вера", "Глеб", "Дарья", "Егор", "Жанна", "Захар", "Инна", "Кирилл")
LAST_NAMES = ("Ким", "Лебедь", "Мороз", "Немиро", "Орлик", "Петренко", "Руденко", "Савич", "Ткач", "Усик")
COMPANIES = ("ООО «Ромашка»", "ИП Лебедь", "АО «Север»", "")
#: Five ways to write the same number; people type them all, and spreadsheets turn some of them into numbers.
SPELLINGS = (
    lambda area, a, b, c: f"+7 {area} {a}-{b}-{c}",
    lambda area, a, b, c: f"8 ({area}) {a}-{b}-{c}",
    lambda area, a, b, c: int(f"8{area}{a}{b}{c}"),
    lambda area, a, b, c: f"7 {area} {a}{b}{c}",
    lambda area, a, b, c: f"{area}-{a}-{b}-{c}",
)


@dataclasses.dataclass
class Client:
    """One row of the spreadsheet, and the phone number that it means."""

    contact_name: str
    company: str
    phone: object
    email: str
    source: str
    notes: str
    number: str

    @property
    def cells(self):
        return self.contact_name, self.company, self.phone, self.email, self.source, self.notes

    @property
    def title(self):
        """Return what the card of this client is called: the first of these that is known."""
        return self.contact_name or self.company or str(self.phone) or self.email


def make_clients(count, sources):
    """Return clients with phones in every spelling, some with nothing but a phone, some with nothing but an e-mail.

    :param sources: names of sources as the user who imports the list sees them
    """
    clients = []
    for index in range(count):
        spell = SPELLINGS[index % len(SPELLINGS)]
        # five spellings of one number in a row, so that they can be compared
        parts = ("912", "345", f"{index // len(SPELLINGS):02}", "89")
        client = Client(
            contact_name=f"{FIRST_NAMES[index % 10]} {LAST_NAMES[index // 10 % 10]}",
            company=COMPANIES[index % 4],
            phone=spell(*parts),
            email=f"client{index}@example.com" if index % 3 else "",
            source=sources[index % len(sources)],
            notes=f"Нужна кухня, заявка {index}" if index % 2 else "",
            number="+7" + "".join(parts),
        )
        if index % 20 == 7:
            client = dataclasses.replace(client, contact_name="", company="", email="", notes="")
        elif index % 20 == 11:
            client = dataclasses.replace(
                client, contact_name="", company="", phone="", email=f"only{index}@example.com", number=""
            )
        clients.append(client)
    return clients


def make_spreadsheet(headers, rows):
    """Return the content of an xlsx file; empty text makes an empty cell."""
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (headers, *rows):
        sheet.append([None if cell == "" else cell for cell in row])
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()
