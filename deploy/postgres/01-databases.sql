-- Beside `factory`, which the image makes: where the warehouse goes, and the ledger.
CREATE DATABASE warehouse;
CREATE DATABASE ledger;
