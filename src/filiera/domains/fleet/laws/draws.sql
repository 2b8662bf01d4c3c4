-- Nothing is random: 64 bits of the MD5 of seed and key are a throw, sixteen of them at a time a draw from [0, 1).
-- Hexadecimal is the form of MD5 that all versions agree on.
CREATE MACRO throw(key) AS ('0x' || substr(md5(seed() || '/' || key), 1, 16))::UBIGINT;
CREATE MACRO draw(throw, place) AS ((throw >> (16 * place)::UBIGINT) & 65535::UBIGINT) / 65536;
CREATE MACRO draw_up_to(number, throw, place) AS floor(number * draw(throw, place))::INTEGER;
CREATE MACRO pick(choices, share) AS choices[1 + floor(share * len(choices))::BIGINT];

-- Numbers that look drawn and never meet: multiples of a prime, modulo a number it has no factor in common with.
CREATE MACRO plate_number(vehicle_id) AS (vehicle_id * 10000019) % 17576000;
CREATE MACRO letter(number) AS chr((65 + number % 26)::INTEGER);
CREATE MACRO license_plate(vehicle_id) AS
letter(plate_number(vehicle_id) // 676000) || letter(plate_number(vehicle_id) // 26000)
|| letter(plate_number(vehicle_id) // 1000) || format('{:03d}', plate_number(vehicle_id) % 1000);
CREATE MACRO license_number(driver_id) AS (1000000000 + (driver_id * 7777777787) % 9000000000)::VARCHAR;
CREATE MACRO tracking_number(ordered_at, delivery_id) AS
'FL' || year(ordered_at) || format('{:08d}', delivery_id);
CREATE MACRO phone_number(throw) AS (3000000000 + throw % 230000000)::VARCHAR;
CREATE MACRO street_address(throw) AS
pick(['Calle', 'Carrera', 'Carrera', 'Avenida', 'Diagonal', 'Transversal'], draw(throw, 3))
|| ' ' || (1 + throw % 170) || ' # ' || (1 + (throw >> 16) % 120) || '-' || (1 + (throw >> 32) % 99);
