"""What the demo's distributor sells, as tables: families of products with their pack sizes, and kits.

A family is ``name; packs; pesos per kilogram; litres per kilogram``. A pack is its label, from which
its weight is read (`5 kg`, `6 x 1.5 l`), or a label with its weight (`45 cm @ 1.2 kg`). A litre counts as a
kilogram.
"""

from __future__ import annotations

from dataclasses import dataclass

CURRENCY = "CLP"


@dataclass(frozen=True)
class Department:
    """Families that are stored, supplied and bought together; ``hazard_class`` is the UN class, or empty."""

    code: str
    category: str
    families: tuple[str, ...]
    cold_chain: bool = False
    hazard_class: str = ""


DEPARTMENTS = (
    Department(
        "FD",
        "food",
        (
            "Long grain rice; 10 x 1 kg, 5 kg, 25 kg; 1250; 1.4",
            "Spaghetti no. 5; 12 x 400 g, 5 kg, 20 x 400 g; 1700; 1.9",
            "Wheat flour; 10 x 1 kg, 25 kg, 5 kg; 950; 1.6",
            "White sugar; 10 x 1 kg, 25 kg, 5 kg; 1150; 1.3",
            "Sunflower oil; 12 x 900 ml, 5 l, 20 l; 2200; 1.3",
            "Olive oil from Limarí; 6 x 500 ml, 5 l; 9500; 1.5",
            "Rolled oats; 12 x 500 g, 10 kg; 1900; 2.4",
            "Lentils; 10 x 1 kg, 25 kg; 2100; 1.4",
            "Chickpeas; 10 x 1 kg, 25 kg; 2300; 1.4",
            "Tomato sauce; 24 x 200 g, 3 kg; 1900; 1.3",
            "Tuna in water; 24 x 160 g, 6 x 1 kg; 6200; 1.2",
            "Peach halves in syrup; 12 x 590 g, 6 x 3 kg; 2600; 1.2",
            "Instant soup; 48 x 60 g, 24 x 60 g; 7800; 2.6",
            "Sea salt; 12 x 1 kg, 25 kg; 520; 1.1",
            "Biscuits; 30 x 120 g, 15 x 240 g; 3900; 3.4",
            "Breakfast cereal; 10 x 500 g, 6 x 1 kg; 4300; 5.5",
            "Apricot jam; 12 x 250 g, 5 kg; 2900; 1.3",
            "Dulce de leche; 12 x 400 g, 5 kg; 3200; 1.2",
            "Ground coffee; 12 x 250 g, 8 x 1 kg; 11800; 2.2",
            "Black tea; 24 x 100 g, 12 x 200 g; 9800; 4.0",
            "Papaya in syrup; 12 x 500 g, 6 x 1 kg; 5200; 1.3",
            "Mayonnaise; 12 x 372 g, 3.6 kg; 3300; 1.3",
        ),
    ),
    Department(
        "DR",
        "drinks",
        (
            "Mineral water, still; 6 x 1.6 l, 12 x 500 ml, 20 l; 420; 1.1",
            "Mineral water, sparkling; 6 x 1.6 l, 12 x 500 ml; 450; 1.1",
            "Cola; 6 x 2 l, 24 x 350 ml, 12 x 591 ml; 780; 1.2",
            "Orange soda; 6 x 2 l, 24 x 350 ml; 740; 1.2",
            "Peach nectar; 12 x 1 l, 24 x 200 ml; 950; 1.1",
            "Apple juice; 12 x 1 l, 24 x 200 ml; 1050; 1.1",
            "Lager beer; 24 x 330 ml, 24 x 470 ml; 1900; 1.3",
            "Pisco 35°; 6 x 750 ml, 12 x 750 ml; 6900; 1.4",
            "Carménère; 6 x 750 ml, 12 x 750 ml; 4600; 1.4",
            "Isotonic drink; 12 x 750 ml, 24 x 500 ml; 1400; 1.2",
            "Energy drink; 24 x 250 ml, 12 x 473 ml; 3600; 1.2",
            "Long-life milk; 12 x 1 l, 24 x 200 ml; 1050; 1.1",
        ),
    ),
    Department(
        "CH",
        "chilled",
        (
            "Goat's cheese; 8 x 250 g, 4 kg; 9800; 1.5",
            "Gouda slices; 20 x 250 g, 10 x 500 g; 7400; 1.6",
            "Butter; 20 x 250 g, 10 kg; 7600; 1.2",
            "Natural yoghurt; 24 x 165 g, 12 x 1 kg; 2300; 1.3",
            "Cooked ham; 12 x 250 g, 4 kg; 6900; 1.4",
            "Turkey breast slices; 12 x 200 g, 3 kg; 7900; 1.4",
            "Fresh pasta; 12 x 400 g, 5 kg; 4200; 1.9",
            "Cream; 12 x 200 ml, 6 x 1 l; 3900; 1.2",
            "Smoked salmon; 20 x 100 g, 10 x 200 g; 23000; 1.8",
            "Ready salads; 12 x 250 g, 6 x 1 kg; 5200; 3.2",
        ),
        cold_chain=True,
    ),
    Department(
        "CL",
        "cleaning",
        (
            "Dish soap; 12 x 750 ml, 5 l, 20 l; 1450; 1.2",
            "Laundry powder; 6 x 3 kg, 15 kg; 1900; 1.7",
            "Floor cleaner, lavender; 12 x 900 ml, 5 l; 1100; 1.2",
            "Hand soap; 12 x 750 ml, 5 l; 2100; 1.2",
            "Glass cleaner; 12 x 500 ml, 5 l; 1700; 1.2",
            "Scouring sponges; 48 pcs @ 1.2 kg, 144 pcs @ 3.4 kg; 8200; 9.0",
            "Microfibre cloths; 20 pcs @ 1 kg, 100 pcs @ 4.8 kg; 10400; 5.0",
            "Bin liners 50 l; 20 rolls @ 6 kg, 40 rolls @ 11.8 kg; 2700; 1.6",
            "Bin liners 120 l; 10 rolls @ 7 kg, 20 rolls @ 13.8 kg; 2600; 1.6",
            "Household broom; 6 pcs @ 4.2 kg, 12 pcs @ 8.3 kg; 3100; 9.5",
            "Mop with bucket; 2 sets @ 4 kg, 4 sets @ 7.8 kg; 6200; 8.5",
            "Rubber gloves; 12 pairs @ 900 g, 60 pairs @ 4.2 kg; 9900; 3.2",
        ),
    ),
    Department(
        "PA",
        "paper",
        (
            "Toilet paper; 48 rolls @ 6.5 kg, 96 rolls @ 12.8 kg; 2300; 8.5",
            "Kitchen towels; 24 rolls @ 4.8 kg, 12 rolls @ 2.5 kg; 2600; 9.0",
            "Paper napkins; 24 x 300 pcs @ 7 kg, 6 x 300 pcs @ 1.8 kg; 2500; 5.5",
            "Facial tissues; 30 boxes @ 6 kg, 12 boxes @ 2.4 kg; 3900; 6.5",
            "Copy paper A4; 5 x 500 sheets @ 12.5 kg, 10 x 500 sheets @ 25 kg; 1600; 1.4",
            "Copy paper legal; 5 x 500 sheets @ 15 kg, 10 x 500 sheets @ 30 kg; 1650; 1.4",
            "Cardboard boxes 40 cm; 20 pcs @ 9 kg, 50 pcs @ 22 kg; 1900; 4.2",
            "Baking paper; 12 rolls @ 5 kg, 6 rolls @ 2.5 kg; 4800; 2.6",
            "Aluminium foil; 12 rolls @ 4.5 kg, 24 rolls @ 9 kg; 6400; 1.9",
            "Paper cups; 1000 pcs @ 6.2 kg, 500 pcs @ 3.2 kg; 5400; 9.5",
        ),
    ),
    Department(
        "PH",
        "pharmacy",
        (
            "Adhesive bandages; 24 x 100 pcs @ 2.6 kg, 6 x 100 pcs @ 700 g; 14500; 3.0",
            "Elastic bandage 10 cm; 12 pcs @ 900 g, 48 pcs @ 3.4 kg; 15800; 3.0",
            "Surgical masks; 20 x 50 pcs @ 4 kg, 10 x 50 pcs @ 2 kg; 9800; 5.0",
            "Nitrile gloves; 10 x 100 pcs @ 5.2 kg, 4 x 100 pcs @ 2.1 kg; 12600; 2.4",
            "Cotton wool; 24 x 100 g, 12 x 500 g; 8900; 9.0",
            "Saline solution; 12 x 1 l, 20 x 500 ml; 1900; 1.3",
            "Sunscreen SPF 50; 12 x 200 ml, 24 x 200 ml; 31000; 1.6",
            "Paracetamol 500 mg; 50 x 16 pcs @ 1.4 kg, 20 x 16 pcs @ 600 g; 42000; 2.6",
            "Ibuprofen 400 mg; 50 x 20 pcs @ 1.6 kg, 20 x 20 pcs @ 650 g; 46000; 2.6",
            "Baby nappies M; 4 x 52 pcs @ 8 kg, 2 x 52 pcs @ 4 kg; 7900; 6.0",
            "Digital thermometer; 10 pcs @ 500 g, 40 pcs @ 2 kg; 84000; 2.5",
        ),
    ),
    Department(
        "PC",
        "pharmacy cold chain",
        (
            "Insulin glargine; 10 x 3 ml @ 250 g, 50 x 3 ml @ 1.2 kg; 620000; 3.0",
            "Influenza vaccine; 10 doses @ 200 g, 50 doses @ 900 g; 540000; 3.4",
            "Tetanus vaccine; 10 doses @ 200 g, 50 doses @ 900 g; 480000; 3.4",
            "Eye drops; 20 x 10 ml @ 500 g, 60 x 10 ml @ 1.4 kg; 190000; 2.5",
            "Probiotic drops; 12 x 8 ml @ 400 g, 48 x 8 ml @ 1.5 kg; 170000; 2.5",
        ),
        cold_chain=True,
    ),
    Department(
        "HW",
        "hardware",
        (
            "Claw hammer; 6 pcs @ 4 kg, 12 pcs @ 7.9 kg; 8200; 1.4",
            "Screwdriver set; 6 sets @ 4.2 kg, 12 sets @ 8.3 kg; 12500; 2.2",
            "Adjustable spanner; 6 pcs @ 3 kg, 12 pcs @ 5.9 kg; 11800; 1.1",
            "Tape measure 5 m; 12 pcs @ 3.2 kg, 24 pcs @ 6.3 kg; 10900; 1.5",
            "Wood screws 4 x 40 mm; 10 x 200 pcs @ 7 kg, 5 x 200 pcs @ 3.5 kg; 4900; 0.7",
            "Wire nails 3 inch; 5 kg, 25 kg; 2100; 0.5",
            "Hex bolts M10; 5 kg, 25 kg; 3400; 0.5",
            "Padlock 50 mm; 12 pcs @ 4.8 kg, 6 pcs @ 2.4 kg; 14800; 1.0",
            "Door hinges; 24 pairs @ 6 kg, 12 pairs @ 3 kg; 7800; 0.9",
            "Cement; 25 kg, 42.5 kg; 190; 0.8",
            "Tile adhesive; 25 kg, 10 kg; 310; 0.8",
            "PVC pipe 110 mm; 3 m @ 4.5 kg, 6 m @ 9 kg; 2200; 6.0",
            "Garden hose; 20 m @ 3.4 kg, 50 m @ 8.4 kg; 4600; 3.4",
            "Work gloves; 12 pairs @ 1.5 kg, 60 pairs @ 7.2 kg; 11500; 3.6",
            "Safety helmet; 10 pcs @ 4 kg, 20 pcs @ 7.9 kg; 11200; 9.0",
            "Shovel; 4 pcs @ 7.2 kg, 8 pcs @ 14.2 kg; 4300; 3.4",
            "Wheelbarrow 90 l; 1 pc @ 14 kg; 3300; 9.0",
            "Masking tape; 24 rolls @ 3.6 kg, 48 rolls @ 7.1 kg; 7600; 1.8",
            "Plastic sheeting 4 m; 25 m @ 9 kg, 50 m @ 17.8 kg; 2900; 1.6",
        ),
    ),
    Department(
        "EL",
        "electrical",
        (
            "LED bulb 9 W; 50 pcs @ 3 kg, 10 pcs @ 600 g; 21000; 6.5",
            "LED tube 18 W; 25 pcs @ 7 kg, 10 pcs @ 2.9 kg; 12800; 6.0",
            "Extension lead 5 m; 10 pcs @ 6.5 kg, 5 pcs @ 3.3 kg; 9800; 2.2",
            "Copper cable 2.5 mm²; 100 m @ 3.4 kg, 500 m @ 16.6 kg; 12600; 0.9",
            "Insulating tape; 50 rolls @ 2.5 kg, 10 rolls @ 500 g; 9600; 1.5",
            "Wall socket; 25 pcs @ 2.6 kg, 50 pcs @ 5.1 kg; 17800; 2.6",
            "Circuit breaker 16 A; 12 pcs @ 2 kg, 24 pcs @ 3.9 kg; 27000; 1.4",
            "Work light 30 W; 4 pcs @ 3.8 kg, 8 pcs @ 7.5 kg; 19500; 3.0",
            "Fan heater 2 kW; 2 pcs @ 4.6 kg, 4 pcs @ 9.1 kg; 10400; 4.5",
        ),
    ),
    Department(
        "GA",
        "garden",
        (
            "Potting soil; 25 l @ 12 kg, 50 l @ 23 kg; 420; 2.1",
            "Lawn seed; 1 kg, 5 kg; 7900; 2.2",
            "NPK fertiliser; 5 kg, 25 kg; 1500; 1.1",
            "Pine bark; 50 l @ 14 kg; 480; 3.6",
            "Watering can 10 l; 6 pcs @ 4.5 kg, 2 pcs @ 1.5 kg; 9200; 15.0",
            "Pruning shears; 12 pcs @ 3 kg, 6 pcs @ 1.5 kg; 24500; 1.6",
            "Dog food; 15 kg, 8 kg; 1800; 2.3",
            "Cat food; 10 kg, 3 kg; 2300; 2.3",
        ),
    ),
    Department(
        "PT",
        "paint",
        (
            "Synthetic enamel, white; 6 x 1 l, 4 l, 16 l; 6400; 0.9",
            "Synthetic enamel, black; 6 x 1 l, 4 l; 6400; 0.9",
            "Wood varnish; 6 x 1 l, 4 l; 7200; 1.0",
            "Anticorrosive primer; 6 x 1 l, 4 l; 5900; 0.9",
            "Paint thinner; 12 x 1 l, 5 l, 20 l; 2700; 1.2",
            "Contact adhesive; 12 x 750 ml, 4 l; 7400; 1.2",
        ),
        hazard_class="3",
    ),
    Department(
        "AE",
        "aerosols and gas",
        (
            "Spray paint; 12 x 400 ml, 24 x 400 ml; 9400; 1.7",
            "Insecticide spray; 12 x 360 ml, 24 x 360 ml; 8200; 1.7",
            "Air freshener spray; 12 x 360 ml, 24 x 360 ml; 5200; 1.7",
            "Penetrating oil spray; 12 x 311 g, 24 x 311 g; 12900; 1.7",
            "Camping gas cartridge; 28 x 227 g, 12 x 227 g; 9800; 2.2",
            "LPG cylinder; 5 kg @ 10 kg, 11 kg @ 22 kg, 15 kg @ 29 kg; 1700; 2.1",
        ),
        hazard_class="2.1",
    ),
    Department(
        "CR",
        "corrosives",
        (
            "Bleach; 12 x 1 l, 5 l, 20 l; 820; 1.2",
            "Drain cleaner; 12 x 1 l, 12 x 500 g; 2900; 1.2",
            "Muriatic acid; 12 x 1 l, 5 l; 1300; 1.2",
            "Pool chlorine; 4 kg, 10 kg; 4900; 1.2",
        ),
        hazard_class="8",
    ),
)


@dataclass(frozen=True)
class KitRecipe:
    """A kit, as names: of families (their first pack) or of kits listed before it, with quantities."""

    name: str
    category: str
    components: tuple[tuple[str, int], ...]
    assembly_s: int = 900


KITS = (
    KitRecipe("Breakfast box", "food", (("Rolled oats", 1), ("Ground coffee", 1), ("Apricot jam", 1))),
    KitRecipe("Pasta box", "food", (("Spaghetti no. 5", 2), ("Tomato sauce", 1), ("Sunflower oil", 1))),
    KitRecipe("Pulses box", "food", (("Lentils", 1), ("Chickpeas", 1), ("Sea salt", 1))),
    KitRecipe("Baking box", "food", (("Wheat flour", 2), ("White sugar", 1), ("Baking paper", 1))),
    KitRecipe("Tea-time box", "food", (("Black tea", 1), ("Biscuits", 2), ("Dulce de leche", 1))),
    KitRecipe("Elqui valley hamper", "food", (("Papaya in syrup", 1), ("Olive oil from Limarí", 1))),
    KitRecipe(
        "Canteen opening set",
        "food",
        (("Breakfast box", 2), ("Pasta box", 2), ("Pulses box", 1), ("Paper napkins", 1)),
        2700,
    ),
    KitRecipe("Emergency pantry", "food", (("Long grain rice", 1), ("Tuna in water", 1), ("Pulses box", 1))),
    KitRecipe("Soft drinks mix", "drinks", (("Cola", 2), ("Orange soda", 1), ("Peach nectar", 1)), 600),
    KitRecipe("Water station", "drinks", (("Mineral water, still", 3), ("Paper cups", 1)), 600),
    KitRecipe("Juice bar set", "drinks", (("Apple juice", 1), ("Peach nectar", 1), ("Paper cups", 1)), 600),
    KitRecipe(
        "Terrace opening set",
        "drinks",
        (("Soft drinks mix", 1), ("Lager beer", 2), ("Paper napkins", 1)),
        1800,
    ),
    KitRecipe("Cheese board", "chilled", (("Goat's cheese", 1), ("Gouda slices", 1), ("Butter", 1)), 1200),
    KitRecipe(
        "Sandwich counter set", "chilled", (("Cooked ham", 2), ("Gouda slices", 1), ("Butter", 1)), 1200
    ),
    KitRecipe(
        "Kitchen hygiene set", "cleaning", (("Dish soap", 1), ("Scouring sponges", 1), ("Hand soap", 1))
    ),
    KitRecipe("Floor care set", "cleaning", (("Floor cleaner, lavender", 1), ("Mop with bucket", 1))),
    KitRecipe(
        "Waste set", "cleaning", (("Bin liners 50 l", 1), ("Bin liners 120 l", 1), ("Rubber gloves", 1))
    ),
    KitRecipe(
        "Premises cleaning set",
        "cleaning",
        (("Kitchen hygiene set", 1), ("Floor care set", 1), ("Glass cleaner", 1), ("Microfibre cloths", 1)),
        2400,
    ),
    KitRecipe("Washroom set", "paper", (("Toilet paper", 1), ("Kitchen towels", 1), ("Hand soap", 1))),
    KitRecipe("Office starter", "paper", (("Copy paper A4", 2), ("Facial tissues", 1))),
    KitRecipe(
        "Office opening set",
        "paper",
        (("Office starter", 1), ("Washroom set", 1), ("Ground coffee", 1)),
        2400,
    ),
    KitRecipe(
        "First-aid refill",
        "pharmacy",
        (("Adhesive bandages", 1), ("Elastic bandage 10 cm", 1), ("Saline solution", 1)),
    ),
    KitRecipe(
        "Sick bay set",
        "pharmacy",
        (("First-aid refill", 1), ("Digital thermometer", 1), ("Nitrile gloves", 1)),
    ),
    KitRecipe("Vaccination day set", "pharmacy cold chain", (("Influenza vaccine", 2), ("Cotton wool", 1))),
    KitRecipe(
        "Toolbox", "hardware", (("Claw hammer", 1), ("Screwdriver set", 1), ("Tape measure 5 m", 1)), 1200
    ),
    KitRecipe(
        "Door fitting set",
        "hardware",
        (("Door hinges", 1), ("Padlock 50 mm", 1), ("Wood screws 4 x 40 mm", 1)),
    ),
    KitRecipe(
        "Site opening set",
        "hardware",
        (("Toolbox", 1), ("Safety helmet", 1), ("Work gloves", 1), ("Shovel", 1)),
        2400,
    ),
    KitRecipe(
        "Lighting set", "electrical", (("LED bulb 9 W", 1), ("Extension lead 5 m", 1), ("Insulating tape", 1))
    ),
    KitRecipe("Garden starter", "garden", (("Potting soil", 2), ("Lawn seed", 1), ("Pruning shears", 1))),
    KitRecipe(
        "Enamel painting set",
        "paint",
        (("Synthetic enamel, white", 1), ("Paint thinner", 1), ("Masking tape", 1)),
        1200,
    ),
)
