// Serves the graph at NEO4J_URL with @neo4j/graphql; prints the port that the system chose.

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { Neo4jGraphQL } from "@neo4j/graphql";
import { createYoga } from "graphql-yoga";
import neo4j from "neo4j-driver";

const driver = neo4j.driver(process.env.NEO4J_URL, undefined, { notificationFilter: { minimumSeverityLevel: "OFF" } });
const typeDefs = readFileSync(process.env.TYPE_DEFS, "utf8");
const schema = await new Neo4jGraphQL({ typeDefs, driver }).getSchema();
const context = { executionContext: driver, sessionConfig: { database: "neo4j" } };
const yoga = createYoga({ schema, context: () => context, graphiql: false, logging: "warn", maskedErrors: false });
const server = createServer(yoga);

server.listen(0, "127.0.0.1", () => console.log(server.address().port));
process.stdin.on("end", () => process.exit(0)).resume();
