"""What surrounds a task in a prompt: who wants it, for what, and in which form. Our own lists, drawn by a seed."""

from __future__ import annotations

import random

from akd_code.lists import professions

_PRODUCTS = (
    "a booking page for a rowing club", "the stock list of a bicycle shop", "a choir's archive of sheet music",
    "the visitor counter of a small museum", "a timetable for school buses", "the membership desk of a library",
    "a recipe collection with four thousand entries", "the ticket office of an open-air theatre",
    "a weather station's daily report", "the parcel desk of a housing block", "a newsletter for allotment gardeners",
    "the rota of a mountain hut", "a price list for second-hand instruments", "the shift planner of a bakery",
    "a photo contest with a public vote", "the guest book of a harbour hostel", "a tool library's lending desk",
    "the logbook of a gliding field", "an exchange for exam notes", "the order desk of a seed merchant",
    "a tournament site for table tennis", "the waiting list of a pottery class", "a street festival's sign-up sheet",
    "the inventory of a costume workshop", "a map of drinking fountains", "the billing of a shared laundry room",
    "a podcast's show notes", "the key cabinet of a community centre", "a car-sharing group in a village",
    "the results service of a cross-country run", "a parish archive with scanned letters", "a mill's delivery notes",
)  # fmt: skip
_PARTNERS = (
    "two students in their summer holidays", "a retired colleague from the accounts office", "a team of five",
    "somebody who has written Perl until now", "a neighbour who answers mail at night", "the caretaker's daughter",
    "an apprentice in the second year", "three volunteers", "a cousin who teaches mathematics", "the night shift",
    "a freelancer two time zones away", "the secretary of the board", "a club that meets on Tuesdays",
    "one full-time developer", "a friend from a former job", "the two founders",
)  # fmt: skip
_DEADLINES = (
    "by the end of the month", "before the season opens", "on Thursday at noon", "ahead of the yearly meeting",
    "when the old machine is switched off", "in time for the spring fair", "within the week", "after the holidays",
    "before the auditors arrive", "once the new printer is installed",
)  # fmt: skip
_REASONS = (
    "The old spreadsheet has grown too slow", "Paper forms got lost too often", "Everything was done by telephone",
    "The former program only ran on one laptop", "There are more members every year", "Two sites are merged into one",
    "A sponsor pays for a fresh start", "The rented service is being closed", "Nobody understands the macros any more",
    "A grant asks for open source", "The figures never matched at the year's end", "Requests come in five languages",
)  # fmt: skip
_SCENES = (
    "{Profession} and {partner} look after {product}. {reason}, so a part of it is written anew in Python, and it "
    "has to be ready {deadline}.",
    "{reason}. That is why {profession} has asked for help with {product}; {partner} will take the code over "
    "{deadline}.",
    "For {product} there is one Python module, kept by {partner}. {Profession} waits for the next function, due "
    "{deadline}. {reason}.",
    "Imagine {product}, paid for by {profession}. {reason}. Next to {partner} you are the only one who writes Python "
    "there, and one piece is wanted {deadline}.",
    "{Profession} keeps {product} going with {partner} and a few hundred lines of Python. {reason}; what is described "
    "below should work {deadline}.",
    "This belongs to {product}. {Profession} drew up the list of functions, testing is left to {partner}, {deadline}. "
    "{reason}.",
    "It began as a favour: {profession} wanted {product} on a computer. {reason}, and now the next step is "
    "expected {deadline}, by {partner}.",
    "Behind {product} stand {profession} and {partner}. {reason}. The missing function is planned {deadline}.",
)
_ASKS = (
    "Write the {kind} `{call}` in Python.", "What is missing is the Python {kind} `{call}`.",
    "Please implement `{call}`.", "The task: a Python {kind} `{call}`.", "Your part is `{call}`, in plain Python.",
    "Add `{call}` to the module.", "Fill in `{call}`, using the standard library alone.",
)  # fmt: skip
_CLOSINGS = (
    "Answer with one Python module and nothing else.", "Show the complete module in a single code block.",
    "Only the code, please, imports included.", "Give the whole file; explanations are not needed.",
    "Reply with Python code that can be saved and imported as it is.", "No comments on the code are required.",
    "Put the imports first and keep to the standard library.", "The standard library of Python 3.11 is all there is.",
)  # fmt: skip


def scene(draw: random.Random) -> str:
    """Return two or three sentences that say what the function is for."""
    profession = draw.choice(professions())
    article = "an" if profession[0] in "aeiou" else "a"
    words = {
        "profession": f"{article} {profession}",
        "Profession": f"{article.capitalize()} {profession}",
        "product": draw.choice(_PRODUCTS),
        "partner": draw.choice(_PARTNERS),
        "deadline": draw.choice(_DEADLINES),
        "reason": draw.choice(_REASONS),
    }
    return draw.choice(_SCENES).format(**words)


def ask(draw: random.Random, kind: str, call: str) -> str:
    """Return the sentence that asks for the function or class."""
    return draw.choice(_ASKS).format(kind=kind, call=call)


def closing(draw: random.Random) -> str:
    """Return the sentence that says in which form the answer is wanted."""
    return draw.choice(_CLOSINGS)
