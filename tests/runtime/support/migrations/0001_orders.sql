CREATE TABLE orders (
    order_id text PRIMARY KEY,
    status text NOT NULL DEFAULT 'ordered',
    amount bigint CHECK (amount < 1000000),
    currency text,
    ordered_on date,
    fee numeric,
    lines jsonb,
    loan_settled boolean NOT NULL DEFAULT false
);

CREATE TABLE customers (
    customer text PRIMARY KEY,
    orders integer NOT NULL DEFAULT 0,
    total bigint
);
